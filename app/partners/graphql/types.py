"""Types of the partners slice: partner companies, and the caller itself."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.permissions import ActorKind
from app.locations.graphql.batches import locations_of_actor, locations_of_list
from app.partners.graphql.batches import (
    name_of_own_key,
    own_api_keys,
    partners_by_id,
    secrets_by_key,
    visible_api_keys_by_id,
)
from app.partners.model import PartnerKind

if TYPE_CHECKING:
    from app.locations.graphql.types import Location

LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]

describe_enum(
    PartnerKind,
    "What a partner company does.",
    {
        PartnerKind.CONVENIENCE_STORE_CHAIN: "Hands over parcels in convenience stores.",
        PartnerKind.LOCKER_OPERATOR: "Runs lockers that buyers open with a code.",
        PartnerKind.CARRIER: "Carries parcels.",
        PartnerKind.WAREHOUSE: "Keeps and ships goods for the shop.",
    },
)
describe_enum(
    ActorKind,
    "Who calls.",
    {
        ActorKind.SHOPPER: "Anybody without an API key: a storefront on behalf of a buyer.",
        ActorKind.STAFF: "The shop's own people and devices.",
        ActorKind.PARTNER: "A partner company; it sees only what happens at its own points.",
        ActorKind.SYSTEM: "Another system of the shop.",
    },
)


@strawberry.type(description="A company that hands over, carries or keeps goods for the shop.")
class Partner(Entity, Node):
    """Public, because buyers see whose point they choose."""

    id = id_field("Partner")
    code: str = strawberry.field(description="The shop's short name for it; unique.")
    name: str = strawberry.field(description="Its name for people.")
    kind: PartnerKind = strawberry.field(description="What it does.")
    is_sandbox: bool = strawberry.field(description="Whether it is there to try the API: its pickups are tests.")


@strawberry.type(description="What a key is, or was, called with: its newest secret, or one that a rotation replaced.")
class ApiKeySecret(Entity):
    """A row of `api_key_secrets` without the hash."""

    prefix: str = strawberry.field(description="Its first 8 characters.")
    created_at: datetime = strawberry.field(description="When it was made.")
    ends_at: datetime | None = strawberry.field(
        description="From when on it is useless, because a newer one took its place; null: it is the newest one."
    )
    last_used_at: datetime | None = strawberry.field(
        description="When somebody called with it last, to the minute; null: nobody did."
    )


@strawberry.type(description="What is known of a key of this API. The key itself is kept nowhere.")
class ApiKey(Entity, Node):
    """A row of `api_keys` without the hash; for those who may make keys, and of the own one."""

    id = id_field("ApiKey")
    name: str = strawberry.field(description="What histories and the ledger show; never given to another key.")
    kind: ActorKind = strawberry.field(description="Who uses it.")
    prefix: str = strawberry.field(description="The first 8 characters of its newest secret.")
    scopes: list[str] = strawberry.field(description="What it may be used for, such as `stock:write`.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="From when on it is useless; null: it stays good.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null: it was not.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was used last, with any of its secrets, to the minute; null: it was never used."
    )
    secrets = relation(
        ApiKeySecret,
        secrets_by_key,
        key=lambda row: row.id,
        many=True,
        description="Its secrets, the newest first, 20 at most: who still calls with an old one can be seen here.",
    )

    @strawberry.field(description="Whether it can be used now: neither revoked nor expired.")
    def is_live(self, info: Info) -> bool:
        """At the instant of the request."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > info.context.now)

    @strawberry.field(description="Whether it works at some locations only: those in `locations`, or its partner's.")
    def is_limited_to_locations(self: Any) -> bool:
        """As `Viewer.isLimitedToLocations`."""
        return self.location_ids is not None or self.partner_id is not None

    partner = relation(
        Partner,
        partners_by_id,
        key=lambda row: row.partner_id,
        description="The company that it belongs to; null for keys of the shop's own.",
    )
    locations = relation(
        LazyLocation,
        locations_of_list,
        key=lambda row: None if row.location_ids is None else tuple(row.location_ids),
        many=True,
        description="The locations that it names, in order of id; empty when it names none.",
    )


@strawberry.type(description="The caller of this operation, as the API key says.")
class Viewer:
    """Built from the actor of the context; the locations are read when they are asked for."""

    actor: strawberry.Private[Any]

    @strawberry.field(description="What kind of caller this is.", graphql_type=ActorKind)
    def kind(self) -> Any:
        """As the key says."""
        return self.actor.kind

    @strawberry.field(description="What histories and the ledger record when this caller does something.")
    def reference(self) -> str:
        """`key:` and the name of the key."""
        return self.actor.reference

    @strawberry.field(description="What the key may be used for, such as `stock:write`; empty without a key.")
    def scopes(self) -> list[str]:
        """In order of the alphabet."""
        return sorted(self.actor.scopes)

    @strawberry.field(description="Whether the key works at some locations only; they are in `locations`.")
    def is_limited_to_locations(self) -> bool:
        """Either the key names them, or they are the partner's."""
        return self.actor.location_ids is not None or self.actor.partner_id is not None

    api_key = relation(
        ApiKey,
        own_api_keys,
        key=lambda viewer: name_of_own_key(viewer.actor),
        description="The key that the request carries: when it ends, and which of its secrets are still used; null "
        "without one.",
    )
    partner = relation(
        Partner,
        partners_by_id,
        key=lambda viewer: viewer.actor.partner_id,
        description="The company that the key belongs to; null for keys of the shop's own.",
    )
    locations = relation(
        LazyLocation,
        locations_of_actor,
        key=lambda viewer: _limits(viewer.actor.location_ids, viewer.actor.partner_id),
        many=True,
        description="The locations that the key is limited to, in order of id; empty when it is not limited.",
    )


def _limits(location_ids: frozenset[int] | None, partner_id: UUID | None) -> Any:
    return None if location_ids is None and partner_id is None else (location_ids, partner_id)


NODE_TYPES["ApiKey"] = NodeType(UUID, visible_api_keys_by_id)
NODE_TYPES["Partner"] = NodeType(UUID, partners_by_id)
