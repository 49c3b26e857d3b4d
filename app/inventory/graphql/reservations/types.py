"""Reservations as the API shows them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, groups_by, relation, rows_by
from app.fulfillment.graphql.batches import orders_by_id
from app.inventory.graphql.batches import Columns, visible_location_ids
from app.inventory.model import OwnerKind, ReservationReason
from app.inventory.model.reservations import ReservationStatus
from app.inventory.sql import reservation_views
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.locations.graphql.batches import locations_by_id

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant
    from app.locations.graphql.types import Location
    from app.orders.graphql.types import Order

LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]
LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]

describe_enum(
    ReservationReason,
    "What units are reserved for.",
    {
        ReservationReason.CART: "A cart: 15 minutes unless said otherwise, 30 at most.",
        ReservationReason.PAYMENT_PENDING: "A payment that is asked for: 15 minutes, an hour at most; 30 minutes for "
        "keys of partners.",
        ReservationReason.KONBINI_PAYMENT: "A payment at a convenience store: until its deadline, 14 days at most; 7 "
        "for keys of partners.",
        ReservationReason.STAFF: "People of the shop, such as for a customer who called: a day, 30 days at most; 3 "
        "for keys of partners.",
    },
)
describe_enum(
    ReservationStatus,
    "What became of a reservation.",
    {
        ReservationStatus.ACTIVE: "The units are reserved. Past its end it may still serve its order until swept.",
        ReservationStatus.CONVERTED: "The units went to an order.",
        ReservationStatus.RELEASED: "They were given back on request.",
        ReservationStatus.EXPIRED: "They went back on sale because the time was up.",
    },
)
describe_enum(
    OwnerKind,
    "Whom units are held for.",
    {
        OwnerKind.ORDER: "An order.",
        OwnerKind.CART: "A buyer's cart.",
        OwnerKind.TRANSFER: "A transfer between locations.",
        OwnerKind.STAFF: "Whoever made the reservation through the API.",
    },
)


async def visible_reservations_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Reservations that the caller may look up: with the scope, and all of it at locations of its key."""
    del columns
    if not context.actor.may("stock:read"):
        return {}
    location_ids = await visible_location_ids(context)
    return rows_by(await context.fetch(reservation_views.RESERVATIONS_BY_ID, ids=keys, location_ids=location_ids), "id")


async def lines_by_reservation(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """What is reserved, by line and location."""
    del columns
    return groups_by(await context.fetch(reservation_views.RESERVATION_LINES, ids=keys), "owner_id")


@strawberry.type(description="Units of one line that are reserved at one location.")
class ReservationLine(Entity):
    """A row of `holds`."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    line_no: int = strawberry.field(description="The line, from 1 in the order of the request.")
    quantity: int = strawberry.field(description="Units.")
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="Where they are."
    )


def _order_key(row: Any) -> UUID | None:
    return row.id if row.owner_kind == OwnerKind.ORDER else None


@strawberry.type(description="Units that are off sale for a while, for somebody who may still take them.")
class Reservation(Entity, Node):
    """Put together from the ledger and the rows that hold the units."""

    id = id_field("Reservation")
    status: ReservationStatus = strawberry.field(description="What became of it.")
    owner_kind: OwnerKind = strawberry.field(description="Whom the units are reserved for.")
    reason: ReservationReason | None = strawberry.field(description="What for; null once it has ended.")
    expires_at: datetime | None = strawberry.field(
        description="When the units go back on sale; null once it has ended."
    )
    extendable_until: datetime | None = strawberry.field(
        description="The latest that `expiresAt` may be moved to; null when it may not be moved, or it has ended."
    )
    extended_at: datetime | None = strawberry.field(description="When it was extended last, if ever.")
    created_at: datetime = strawberry.field(description="When the first units were reserved.")
    lines = relation(
        ReservationLine,
        lines_by_reservation,
        key=lambda row: row.id,
        many=True,
        description="The units by line and location; empty once it has ended.",
    )
    order = relation(
        LazyOrder,
        orders_by_id,
        key=_order_key,
        description="The order that they are reserved for, if there is one yet.",
    )


NODE_TYPES["Reservation"] = NodeType(UUID, visible_reservations_by_id)
