"""Fulfillments and the work that they ask for."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql import batches
from app.fulfillment.graphql.types.pickups import FulfillmentLine, LazyLocation, LazyOrder, Pickup, Shipment
from app.fulfillment.model import FulfillmentKind, FulfillmentState, WorkKind, WorkStatus
from app.inventory.graphql.batches import transfers_by_id
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.locations.graphql.batches import locations_by_id
from app.orders.graphql.batches import deliveries_by_id

if TYPE_CHECKING:
    from app.inventory.graphql.types import Transfer
    from app.orders.graphql.types import OrderDelivery

LazyDelivery = Annotated["OrderDelivery", strawberry.lazy("app.orders.graphql.types")]
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
        FulfillmentState.SHIPPED: "The parcel has left. It stays so: when it was sent home, and when nobody collects "
        "it at a partner's point.",
        FulfillmentState.COMPLETED: "The goods were collected.",
        FulfillmentState.CANCELED: "Nothing will leave: the order was canceled, the goods were lost on their way to "
        "the store, or nobody collected them there. Units that are in stock are on sale again.",
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
    order = relation(
        LazyOrder, batches.orders_by_id, key=lambda work: work.order_id, description="The order that it is for."
    )
    lines = relation(
        FulfillmentLine,
        batches.lines_by_work,
        key=lambda work: work.id,
        many=True,
        description="The goods that it is about.",
    )
    fulfillment = relation(
        Annotated["Fulfillment", strawberry.lazy("app.fulfillment.graphql.types.fulfillments")],
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
    due_at: datetime | None = strawberry.field(
        description="By when it should be done (UTC), by the location's opening hours. PICK and SHIP: by the close of "
        "the next business day after the order was placed. PREPARE_PICKUP and TRANSFER: within two opening hours of "
        "when they can be done. Null for RECEIVE, for a preparation that still waits, and where nobody opens within "
        "two weeks."
    )
    completed_at: datetime | None = strawberry.field(description="When it was done (UTC).")
    completed_by: str | None = strawberry.field(description="Who reported it done.")


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
    order = relation(
        LazyOrder,
        batches.orders_by_id,
        key=lambda fulfillment: fulfillment.order_id,
        description="The order; null for partners.",
    )
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
