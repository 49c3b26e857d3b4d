"""Lines of orders, what is set aside for them, and how they are handed over."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.capacity.graphql.slots import PickupSlotTime, slots_by_delivery
from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import fulfillments_by_delivery, pickups_by_delivery
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import Money, localized
from app.locations.graphql.batches import locations_by_id
from app.orders.graphql import batches
from app.orders.model import OrderDeliveryMode
from app.sourcing.graphql.types import address_field

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant
    from app.fulfillment.graphql.types import Fulfillment, Pickup
    from app.locations.graphql.types import Location

LazyDelivery = Annotated["OrderDelivery", strawberry.lazy("app.orders.graphql.types.lines")]
LazyFulfillment = Annotated["Fulfillment", strawberry.lazy("app.fulfillment.graphql.types")]
LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyPickup = Annotated["Pickup", strawberry.lazy("app.fulfillment.graphql.types")]
LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]

describe_enum(
    OrderDeliveryMode,
    "How part of an order reaches the buyer.",
    {
        OrderDeliveryMode.HOME_DELIVERY: "A parcel to the buyer's address.",
        OrderDeliveryMode.STORE_PICKUP: "The buyer collects it at one of the shop's own stores.",
        OrderDeliveryMode.CONVENIENCE_STORE_PICKUP: "A parcel to a convenience store, to be collected there.",
        OrderDeliveryMode.LOCKER_PICKUP: "A parcel to a locker, often at a station, to be collected there.",
        OrderDeliveryMode.CARRIER_OFFICE_PICKUP: "A parcel to a post office, to be collected there.",
        OrderDeliveryMode.TAKE_AWAY: "Sold over a counter; the buyer took it along.",
    },
)


@strawberry.type(description="Units that are set aside for an order line at one location.")
class Allocation(Entity):
    """A row of the inventory's holds."""

    location_id: strawberry.Private[int]
    state: strawberry.Private[str]
    quantity: int = strawberry.field(description="Units.")
    expires_at: datetime | None = strawberry.field(
        description="When the units go back on sale unless the payment comes first; null when they are allocated."
    )
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.location_id,
        required=True,
        description="Where the units are: at a warehouse or store, or on their way between two.",
    )

    @strawberry.field(description="Whether the units stay set aside until they leave.")
    def is_final(self) -> bool:
        """Allocated, not only reserved."""
        return self.state == "A"


@strawberry.type(description="Goods that were sold, with the name and price that they had then.")
class OrderLine(Entity, Node):
    """A row of `order_lines` with the order's currency."""

    id = id_field("OrderLine")
    order_id: strawberry.Private[UUID]
    variant_id: strawberry.Private[int]
    delivery_id: strawberry.Private[UUID | None]
    currency: strawberry.Private[str]
    unit_price_minor: strawberry.Private[int]
    total_minor: strawberry.Private[int]
    tax_rate_bp: strawberry.Private[int]
    line_no: int = strawberry.field(description="Its number within the order, from 1.")
    sku: str = strawberry.field(description="SKU of the variant.")
    name = localized("names", description="What it was called.")
    quantity: int = strawberry.field(description="Units; negative for a return that another system reported.")
    fulfilled_quantity: int = strawberry.field(description="Units that reached the buyer or the carrier.")
    canceled_quantity: int = strawberry.field(description="Units that will not be delivered any more.")
    short_quantity: int = strawberry.field(description="Units that another system sold and no location had.")

    @strawberry.field(description="The price of one unit, including tax.")
    def unit_price(self) -> Money:
        """As it was sold."""
        return Money(amount=self.unit_price_minor, currency=self.currency)

    @strawberry.field(description="Units times price, including tax.")
    def total(self) -> Money:
        """As it was sold."""
        return Money(amount=self.total_minor, currency=self.currency)

    @strawberry.field(description="The rate of consumption tax in percent: 10, 8 or 0.")
    def tax_rate_percent(self) -> float:
        """From basis points."""
        return self.tax_rate_bp / 100

    variant = relation(
        LazyVariant, variants_by_id, key=lambda line: line.variant_id, required=True, description="The goods, as now."
    )
    delivery = relation(
        LazyDelivery,
        batches.deliveries_by_id,
        key=lambda line: line.delivery_id,
        description="How it is handed over; null for orders of other systems that do not say it.",
    )
    allocations = relation(
        Allocation,
        batches.allocations_by_line,
        key=lambda line: (line.order_id, line.line_no),
        many=True,
        description="Where units are set aside for it. Empty once they have left.",
    )


LazyLine = Annotated["OrderLine", strawberry.lazy("app.orders.graphql.types.lines")]


@strawberry.type(description="How part of an order is handed over.")
class OrderDelivery(Entity, Node):
    """A row of `order_deliveries`."""

    id = id_field("OrderDelivery")
    location_id: strawberry.Private[int | None]
    mode: OrderDeliveryMode = strawberry.field(description="How.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda delivery: delivery.location_id,
        description="Where the buyer collects the goods; null for home delivery.",
    )

    # Partners are shown no delivery that has one.
    address = address_field()
    lines = relation(
        LazyLine,
        batches.lines_by_delivery,
        key=lambda delivery: delivery.id,
        many=True,
        description="The lines that are handed over this way.",
    )
    fulfillments = relation(
        LazyFulfillment,
        fulfillments_by_delivery,
        key=lambda delivery: delivery.id,
        many=True,
        description="What each location ships or hands over of it.",
    )
    slot = relation(
        PickupSlotTime,
        slots_by_delivery,
        key=lambda delivery: delivery.id,
        description="The pickup slot that is kept for it; null without one, and when it was freed for others.",
    )
    pickup = relation(
        LazyPickup,
        pickups_by_delivery,
        key=lambda delivery: delivery.id,
        description="The hand-over at the location; null for home delivery and before the order is placed.",
    )


NODE_TYPES["OrderLine"] = NodeType(UUID, batches.lines_by_id)
NODE_TYPES["OrderDelivery"] = NodeType(UUID, batches.deliveries_by_id)
