"""Types of the members slice."""

from datetime import datetime
from uuid import UUID

import strawberry

from app.engine.relations import Entity
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.members.graphql.batches import members_by_id


@strawberry.type(description="A customer who is known to the shop. Only callers with `orders:read` see members.")
class Member(Entity, Node):
    """The row is the table's."""

    id = id_field("Member")
    number: str = strawberry.field(description="The shop's number for the member; unique.")
    name: str = strawberry.field(description="As the member writes it.")
    name_kana: str | None = strawberry.field(description="How the name is read.")
    email: str | None = strawberry.field(description="In lower case; unique.")
    phone: str | None = strawberry.field(description="As it was given.")
    postal_code: str | None = strawberry.field(description="Seven digits without a hyphen.")
    external_reference: str | None = strawberry.field(description="What another system calls the member; unique.")
    created_at: datetime = strawberry.field(description="When the member was first saved here.")


NODE_TYPES["Member"] = NodeType(UUID, members_by_id)
