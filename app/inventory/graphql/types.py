"""Types of the inventory slice."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import orders_by_id
from app.inventory.graphql.batches import lines_by_transfer, states_by_key, visible_transfers_by_id
from app.inventory.model import MovementKind
from app.inventory.model.transfers import DiscrepancyReason, TransferStatus
from app.kit.cursor import Cursor
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
    MovementKind,
    "Why counters of stock moved.",
    {
        MovementKind.RECEIVED: "Units arrived from outside.",
        MovementKind.RESERVED: "Units were set aside for a while.",
        MovementKind.RESERVATION_RELEASED: "Reserved units were given back.",
        MovementKind.RESERVATION_EXPIRED: "Reserved units went back on sale because their time was up.",
        MovementKind.RESERVATION_ALLOCATED: "A reservation became an allocation.",
        MovementKind.RESERVATION_CONVERTED: "A reservation ended because its units now serve an order.",
        MovementKind.RESERVATION_MOVED: "Reserved units are kept at another location now.",
        MovementKind.ALLOCATED: "Units were promised for good.",
        MovementKind.ALLOCATION_RELEASED: "Promised units were given back.",
        MovementKind.SHIPPED: "Units left with a carrier.",
        MovementKind.HANDED_OVER: "Units were handed over to their buyer.",
        MovementKind.TRANSFERRED_OUT: "Units left for another location.",
        MovementKind.TRANSFERRED_IN: "Units came from another location.",
        MovementKind.LOST_IN_TRANSIT: "Units were lost between two locations.",
        MovementKind.RETURNED: "Units came back from a buyer.",
        MovementKind.ADJUSTED: "The units on hand were corrected.",
        MovementKind.COUNTED: "A count was approved.",
        MovementKind.STATE_CHANGED: "Units passed from one state to another.",
        MovementKind.WRITTEN_OFF: "Units left the books.",
        MovementKind.REPAIRED: "Counters had drifted from their history and were set right; perhaps nothing moved.",
        MovementKind.SAFETY_SET: "More or fewer units are kept off sale.",
    },
)
describe_enum(
    TransferStatus,
    "The state of a transfer.",
    {
        TransferStatus.DRAFT: "It can be edited; nothing is held for it.",
        TransferStatus.READY_TO_SHIP: "The units wait at the source, promised to it.",
        TransferStatus.IN_TRANSIT: "Units are under way, others may wait at the source.",
        TransferStatus.PARTIALLY_RECEIVED: "Some units have arrived or are lost; others are under way or wait.",
        TransferStatus.RECEIVED: "Nothing is under way any more, and nothing waits.",
        TransferStatus.CANCELED: "It was called off before it left.",
    },
)
describe_enum(
    DiscrepancyReason,
    "Why other units of a transfer arrived than were sent.",
    {
        DiscrepancyReason.LOST: "They were lost on the way.",
        DiscrepancyReason.STOLEN: "They were stolen.",
        DiscrepancyReason.BROKEN: "They broke on the way.",
        DiscrepancyReason.NOT_SENT: "They never left: missing ones are put back on hand at the source.",
        DiscrepancyReason.MISCOUNTED: "Somebody has counted wrong.",
        DiscrepancyReason.UNEXPLAINED: "Nobody knows.",
    },
)


@strawberry.type(description="Units at a location that are there, but not sold.")
class UnsellableStock(Entity):
    """By state."""

    damaged: int = strawberry.field(description="Broken or stained.")
    quality_control: int = strawberry.field(description="Waiting to be looked at.")
    display: int = strawberry.field(description="Shown to visitors of the store.")


@strawberry.type(description="The stock of a variant at a location, with all counters.")
class StockLevel(Entity):
    """A row of stock."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="The location."
    )
    available: int = strawberry.field(
        description="onHand − reserved − allocated − safety, never below 0. Units that others wait for are in it "
        "(`StockExplanation.waiting` counts them); what can be bought says `Variant.availability`."
    )
    on_hand: int = strawberry.field(description="Units on the shelves.")
    reserved: int = strawberry.field(description="Units set aside for a while.")
    allocated: int = strawberry.field(description="Units promised for good.")
    safety: int = strawberry.field(description="Units kept off sale.")
    version: int = strawberry.field(description="How many movements led to these counters.")
    unsellable = relation(
        UnsellableStock,
        states_by_key,
        key=lambda row: (row.variant_id, row.location_id),
        required=True,
        description="Units that are there, but neither on hand nor for sale.",
    )


@strawberry.type(description="A change of a variant's stock at a location, as `stockChanged` reports it.")
class StockChange(Entity):
    """The new level, not the difference: one that was missed does no harm."""

    at: strawberry.Private[Cursor]
    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="The location."
    )
    available: int = strawberry.field(
        description="Units here that are kept off sale by nothing and promised to nobody. Rules of selling (preorders, "
        "units that others wait for, shares of channels) are not in it: ask `Variant.availability`."
    )
    on_hand: int | None = strawberry.field(description="Units on the shelves. Needs `stock:read`, else null.")
    reserved: int | None = strawberry.field(description="Units set aside for a while. Needs `stock:read`.")
    allocated: int | None = strawberry.field(description="Units promised for good. Needs `stock:read`.")
    safety: int | None = strawberry.field(description="Units kept off sale. Needs `stock:read`.")
    version: int = strawberry.field(description="Grows from event to event of the same variant and location.")

    @strawberry.field(
        description="Where the stream stands with this event. Give the last one that you received as `after`, to go on "
        "from there after a lost connection. Opaque; up to a few hundred characters."
    )
    def cursor(self) -> str:
        """What the listener has been told by now."""
        return self.at.encode()


@strawberry.type(description="One line of a transfer.")
class TransferLine(Entity):
    """Units of one variant."""

    variant_id: strawberry.Private[int]
    line_no: int = strawberry.field(description="Its number within the transfer, from 1.")
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    quantity: int = strawberry.field(description="Units to send.")
    shipped_quantity: int = strawberry.field(description="Units that have left.")
    received_quantity: int = strawberry.field(description="Units that have arrived, damaged ones included.")
    damaged_quantity: int = strawberry.field(description="Units that have arrived and cannot be sold.")
    lost_quantity: int = strawberry.field(description="Units that were given up as lost.")
    surplus_quantity: int = strawberry.field(description="Units that have arrived on top of what was sent.")
    withdrawn_quantity: int = strawberry.field(description="Units that will not be sent any more.")
    discrepancy_reason: DiscrepancyReason | None = strawberry.field(
        description="Why units are damaged, lost or too many, as was said last."
    )
    order_line_no: int | None = strawberry.field(description="The order's line that the units are for.")

    @strawberry.field(description="Units that wait at the source, or are planned to.")
    def unsent_quantity(self) -> int:
        """What may still leave."""
        return self.quantity - self.shipped_quantity - self.withdrawn_quantity

    @strawberry.field(description="Units that are under way.")
    def in_transit_quantity(self) -> int:
        """What has left and is not accounted for yet."""
        return self.shipped_quantity - self.received_quantity - self.lost_quantity


@strawberry.type(description="Units on their way from one location to another, or about to be.")
class Transfer(Entity, Node):
    """The row is the table's."""

    id = id_field("Transfer")
    from_location_id: strawberry.Private[int]
    to_location_id: strawberry.Private[int]
    order_id: strawberry.Private[UUID | None]
    number: str = strawberry.field(description="For people, such as TR-50000001.")
    status: TransferStatus = strawberry.field(description="Its state.")
    note: str | None = strawberry.field(description="What the creator had to say.")
    from_location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.from_location_id,
        required=True,
        description="Where the units come from.",
    )
    to_location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.to_location_id,
        required=True,
        description="Where the units go.",
    )
    order = relation(
        LazyOrder, orders_by_id, key=lambda row: row.order_id, description="The order that the units are for, if any."
    )
    lines = relation(
        TransferLine, lines_by_transfer, key=lambda row: row.id, many=True, description="What is sent, by line number."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    expected_at: datetime | None = strawberry.field(description="When the units are to arrive, where that is known.")
    shipped_at: datetime | None = strawberry.field(description="When the units left.")
    received_at: datetime | None = strawberry.field(description="When nothing was under way any more.")
    canceled_at: datetime | None = strawberry.field(description="When it was called off.")
    version: int = strawberry.field(description="Grows with every change.")


NODE_TYPES["Transfer"] = NodeType(UUID, visible_transfers_by_id)
