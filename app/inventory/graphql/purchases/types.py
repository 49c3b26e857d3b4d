"""Purchase orders, and how they are found."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, groups_by, relation, rows_by
from app.inventory.graphql.batches import Columns, visible_location_ids
from app.inventory.graphql.types import LazyLocation, LazyVariant
from app.inventory.model.purchases import PurchaseOrderStatus
from app.inventory.sql import purchase_orders
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.locations.graphql.batches import locations_by_id

describe_enum(
    PurchaseOrderStatus,
    "The state of a purchase order.",
    {
        PurchaseOrderStatus.DRAFT: "It is being put together; nothing is expected of it.",
        PurchaseOrderStatus.ORDERED: "The supplier has it; nothing has come yet.",
        PurchaseOrderStatus.PARTIALLY_RECEIVED: "Some units have come, others are expected.",
        PurchaseOrderStatus.RECEIVED: "All units have come.",
        PurchaseOrderStatus.CLOSED_SHORT: "What has not come is not expected any more.",
        PurchaseOrderStatus.CANCELED: "It was called off before anything had come.",
    },
)


async def visible_purchase_orders_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Purchase orders for locations that the caller's key covers."""
    del columns
    if not context.actor.may("stock:read"):
        return {}
    location_ids = await visible_location_ids(context)
    rows = await context.fetch(purchase_orders.PURCHASE_ORDERS_BY_ID, ids=keys, location_ids=location_ids)
    return rows_by(rows, "id")


async def lines_by_purchase_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """The lines of purchase orders, by number."""
    del columns
    return groups_by(await context.fetch(purchase_orders.LINES_BY_PURCHASE_ORDER, ids=keys), "purchase_order_id")


@strawberry.type(description="One line of a purchase order.")
class PurchaseOrderLine(Entity):
    """Units of one variant on one day."""

    variant_id: strawberry.Private[int]
    line_no: int = strawberry.field(description="Its number within the purchase order, from 1.")
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    quantity: int = strawberry.field(description="Units that were ordered.")
    received_quantity: int = strawberry.field(
        description="Units that have come, damaged ones included; more than were ordered where the receiver allowed it."
    )
    damaged_quantity: int = strawberry.field(description="Units that have come and cannot be sold.")
    expected_on: date | None = strawberry.field(
        description="The day, at the location, on which the units are to arrive; null: not known."
    )

    @strawberry.field(description="Ordered units that have not come. They are expected while the order is open.")
    def outstanding_quantity(self) -> int:
        """Never below 0."""
        return max(self.quantity - self.received_quantity, 0)


@strawberry.type(description="Units that a supplier is to deliver to one location.")
class PurchaseOrder(Entity, Node):
    """The row is the table's."""

    id = id_field("PurchaseOrder")
    location_id: strawberry.Private[int]
    number: str = strawberry.field(description="For people, such as PO-60000001.")
    status: PurchaseOrderStatus = strawberry.field(description="Its state.")
    supplier_name: str = strawberry.field(description="Who delivers.")
    supplier_reference: str | None = strawberry.field(description="The supplier's own number for it.")
    note: str | None = strawberry.field(description="What the creator had to say.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.location_id,
        required=True,
        description="Where the units arrive.",
    )
    lines = relation(
        PurchaseOrderLine,
        lines_by_purchase_order,
        key=lambda row: row.id,
        many=True,
        description="What is delivered, by line number.",
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    ordered_at: datetime | None = strawberry.field(description="When it was placed.")
    closed_at: datetime | None = strawberry.field(description="When nothing was expected of it any more.")
    version: int = strawberry.field(description="Grows with every change; send it as `expectedVersion`.")


NODE_TYPES["PurchaseOrder"] = NodeType(UUID, visible_purchase_orders_by_id)
