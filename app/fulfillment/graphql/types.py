"""Types of the fulfillment slice: work instructions, fulfillments, shipments, pickups."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.fulfillment.graphql import batches
from app.fulfillment.model import (
    FulfillmentKind,
    FulfillmentState,
    PickupStatus,
    WorkKind,
    WorkStatus,
    pickup_code,
)
from app.inventory.graphql.batches import transfers_by_id
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import localized
from app.kit.permissions import ActorKind
from app.locations.graphql.batches import locations_by_id
from app.orders.graphql.batches import deliveries_by_id, orders_by_id

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant
    from app.inventory.graphql.types import Transfer
    from app.locations.graphql.types import Location
    from app.orders.graphql.types import Order, OrderDelivery

LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]
LazyDelivery = Annotated["OrderDelivery", strawberry.lazy("app.orders.graphql.types")]
LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]
LazyTransfer = Annotated["Transfer", strawberry.lazy("app.inventory.graphql.types")]

describe_enum(
    FulfillmentKind,
    "How one location's share of an order leaves it.",
    {
        FulfillmentKind.SHIP: "As a parcel: to the buyer's address, or to a partner's point.",
        FulfillmentKind.PICKUP: "Handed over at the counter of an own store.",
    },
)
describe_enum(
    FulfillmentState,
    "How far one location's share of an order has come.",
    {
        FulfillmentState.OPEN: "Nothing has left yet.",
        FulfillmentState.SHIPPED: "The parcel has left.",
        FulfillmentState.COMPLETED: "The goods were collected.",
        FulfillmentState.CANCELED: "Nothing will leave.",
    },
)
describe_enum(
    WorkKind,
    "What people at a location are asked to do.",
    {
        WorkKind.PICK: "Take the goods from the shelf for a parcel; report it by `workComplete`.",
        WorkKind.SHIP: "Give the parcel to a carrier; report it by `shipmentCreate`.",
        WorkKind.PREPARE_PICKUP: "Put the goods ready at the counter; report it by `pickupMarkReady`.",
        WorkKind.TRANSFER: "Send goods to another location; report it by `transferShip`.",
        WorkKind.RECEIVE: "Take in goods from another location; report it by `transferReceive`.",
    },
)
describe_enum(
    WorkStatus,
    "Whether a piece of work can be done.",
    {
        WorkStatus.WAITING: "Something else must happen first.",
        WorkStatus.OPEN: "It can be done now.",
        WorkStatus.DONE: "It was done.",
        WorkStatus.CANCELED: "It is not needed any more.",
    },
)
describe_enum(
    PickupStatus,
    "How far a pickup has come.",
    {
        PickupStatus.REQUESTED: "The goods are not at the place yet that prepares them.",
        PickupStatus.PREPARING: "The goods are being prepared.",
        PickupStatus.IN_TRANSIT_TO_POINT: "The goods are on their way to the partner's point.",
        PickupStatus.READY: "The goods can be collected with the pickup code.",
        PickupStatus.COLLECTED: "The goods were handed over.",
        PickupStatus.EXPIRED: "Nobody collected the goods in time.",
        PickupStatus.CANCELED: "The order was canceled.",
    },
)


@strawberry.type(description="Units of one variant in a fulfillment, pickup or work instruction.")
class FulfillmentLine(Entity):
    """A row of `fulfillment_lines` or `transfer_lines`, or the order line of a delivery."""

    line_no: int = strawberry.field(description="The number of the order's line, or of the transfer's.")
    sku: str = strawberry.field(description="The variant's SKU.")
    name = localized("names", description="The product's name; for orders, as it was sold.")
    quantity: int = strawberry.field(description="Whole units.")
    variant_id: strawberry.Private[int]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda line: line.variant_id, description="The variant as it is now."
    )


@strawberry.type(description="A parcel that has left.")
class Shipment(Entity, Node):
    """A row of `shipments`."""

    id = id_field("Shipment")
    fulfillment_id: strawberry.Private[UUID]
    order_id: strawberry.Private[UUID]
    carrier: str = strawberry.field(description="The carrier, as the shipping location named it.")
    tracking_number: str = strawberry.field(description="The carrier's number of the parcel.")
    shipped_at: datetime = strawberry.field(description="When it left (UTC).")
    lines = relation(
        FulfillmentLine,
        batches.lines_by_fulfillment,
        key=lambda shipment: shipment.fulfillment_id,
        many=True,
        description="What is in the parcel.",
    )
    order = relation(LazyOrder, orders_by_id, key=lambda shipment: shipment.order_id, description="The order.")


@strawberry.type(description="A task for people at one location.")
class WorkInstruction(Entity, Node):
    """A row of `work_instructions` with the order's number."""

    id = id_field("WorkInstruction")
    kind: WorkKind = strawberry.field(description="What is to be done.")
    status: WorkStatus = strawberry.field(description="Whether it can be done.")
    location_id: strawberry.Private[int]
    order_id: strawberry.Private[UUID | None]
    fulfillment_id: strawberry.Private[UUID | None]
    transfer_id: strawberry.Private[UUID | None]
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda work: work.location_id,
        description="Where it is to be done.",
    )
    order_number: str | None = strawberry.field(description="The order that it is for; null for own transfers.")
    order = relation(LazyOrder, orders_by_id, key=lambda work: work.order_id, description="The order that it is for.")
    lines = relation(
        FulfillmentLine,
        batches.lines_by_work,
        key=lambda work: work.id,
        many=True,
        description="The goods that it is about.",
    )
    fulfillment = relation(
        Annotated["Fulfillment", strawberry.lazy("app.fulfillment.graphql.types")],
        batches.fulfillments_by_id,
        key=lambda work: work.fulfillment_id,
        description="The fulfillment that it is about; null for transfers.",
    )
    transfer = relation(
        LazyTransfer,
        transfers_by_id,
        key=lambda work: work.transfer_id,
        description="The transfer that it is about; null for fulfillments.",
    )
    created_at: datetime = strawberry.field(description="Since when it is asked for (UTC).")
    due_at: datetime | None = strawberry.field(description="By when it should be done (UTC), if that is known.")
    completed_at: datetime | None = strawberry.field(description="When it was done (UTC).")
    completed_by: str | None = strawberry.field(description="Who reported it done.")


@strawberry.type(description="A hand-over at an own store or at a partner's point.")
class Pickup(Entity, Node):
    """A row of `pickups`."""

    id = id_field("Pickup")
    order_id: strawberry.Private[UUID]
    delivery_id: strawberry.Private[UUID]
    location_id: strawberry.Private[int]
    code_version: strawberry.Private[int]
    verified_at: strawberry.Private[datetime | None]
    number: str = strawberry.field(description="The number that people use, such as PU-70000001.")
    status: PickupStatus = strawberry.field(description="How far it has come.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda pickup: pickup.location_id,
        description="Where it is collected.",
    )
    order = relation(LazyOrder, orders_by_id, key=lambda pickup: pickup.order_id, description="The order.")
    lines = relation(
        FulfillmentLine,
        batches.lines_by_delivery,
        key=lambda pickup: pickup.delivery_id,
        many=True,
        description="What is collected.",
    )
    shipments = relation(
        Shipment,
        batches.shipments_by_delivery,
        key=lambda pickup: pickup.delivery_id,
        many=True,
        description="The parcels to the partner's point; empty at own stores.",
    )
    created_at: datetime = strawberry.field(description="When it was asked for (UTC).")
    ready_at: datetime | None = strawberry.field(description="Since when it can be collected (UTC).")
    hold_until: datetime | None = strawberry.field(description="Until when the goods are kept (UTC).")
    collected_at: datetime | None = strawberry.field(description="When it was collected (UTC).")
    expired_at: datetime | None = strawberry.field(description="When it was given up (UTC).")
    is_locked: bool = strawberry.field(description="Whether too many wrong codes were tried; staff can unlock it.")

    @strawberry.field(
        description="The code to collect with. Only the holder of the order's id sees it, while it is READY; "
        "null for staff and partners, who ask the shopper for it."
    )
    def code(self, info: Info) -> str | None:
        """Derived from the installation's secret key; kept nowhere."""
        context = info.context
        if context.actor.kind is not ActorKind.SHOPPER or self.status != PickupStatus.READY or self.is_locked:
            return None
        return pickup_code(context.config.secret_key, self.id, self.code_version)  # pyright: ignore[reportArgumentType]

    @strawberry.field(description="Whether the right code was said, so that the goods may be handed over.")
    def is_verified(self) -> bool:
        """Until a wrong one is said after it."""
        return self.verified_at is not None

    @strawberry.field(description="How many wrong codes were said; null without the scope `fulfillment:read`.")
    def failed_attempts(self: Any, info: Info) -> int | None:
        """For staff only."""
        return self["failed_attempts"] if info.context.actor.may("fulfillment:read") else None


@strawberry.type(description="One location's share of an order.")
class Fulfillment(Entity, Node):
    """A row of `fulfillments`."""

    id = id_field("Fulfillment")
    order_id: strawberry.Private[UUID]
    delivery_id: strawberry.Private[UUID]
    location_id: strawberry.Private[int]
    kind: FulfillmentKind = strawberry.field(description="How the goods leave.")
    status: FulfillmentState = strawberry.field(description="How far it has come.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda fulfillment: fulfillment.location_id,
        description="Where the goods leave from.",
    )
    order = relation(LazyOrder, orders_by_id, key=lambda fulfillment: fulfillment.order_id, description="The order.")
    delivery = relation(
        LazyDelivery,
        deliveries_by_id,
        key=lambda fulfillment: fulfillment.delivery_id,
        description="The part of the order that it serves, with its address or point.",
    )
    lines = relation(
        FulfillmentLine,
        batches.lines_by_fulfillment,
        key=lambda fulfillment: fulfillment.id,
        many=True,
        description="The goods.",
    )
    shipment = relation(
        Shipment,
        batches.shipments_by_fulfillment,
        key=lambda fulfillment: fulfillment.id,
        description="The parcel, once it has left.",
    )
    pickup = relation(
        Pickup,
        batches.pickups_by_delivery,
        key=lambda fulfillment: fulfillment.delivery_id,
        description="The hand-over that it is for; null for home delivery.",
    )
    work_instructions = relation(
        WorkInstruction,
        batches.work_by_fulfillment,
        key=lambda fulfillment: fulfillment.id,
        many=True,
        description="The work that it asks for; empty without the scope `fulfillment:read`.",
    )
    created_at: datetime = strawberry.field(description="When it was planned (UTC).")
    completed_at: datetime | None = strawberry.field(description="When the goods were collected (UTC).")


NODE_TYPES["WorkInstruction"] = NodeType(UUID, batches.work_by_id)
NODE_TYPES["Fulfillment"] = NodeType(UUID, batches.fulfillments_by_id)
NODE_TYPES["Shipment"] = NodeType(UUID, batches.shipments_by_id)
NODE_TYPES["Pickup"] = NodeType(UUID, batches.pickups_by_id)
