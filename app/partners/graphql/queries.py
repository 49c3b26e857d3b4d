"""Root fields of the partners slice."""

import strawberry

from app.kit.graphql.context import Info
from app.partners.graphql.types import Viewer


@strawberry.type
class PartnersQuery:
    """What the API knows of its caller."""

    @strawberry.field(description="The caller of this operation and what it may do.")
    async def viewer(self, info: Info) -> Viewer:
        """Without a key: a shopper."""
        return Viewer(actor=info.context.actor)
