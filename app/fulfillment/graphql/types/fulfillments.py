"""Fulfillments, each with the work that it asks for."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql import batches
from app.fulfillment.graphql.types.pickups import FulfillmentLine, LazyLocation, LazyOrder, Pickup, Shipment
from app.fulfillment.graphql.types.work import WorkInstruction
from app.fulfillment.model import FulfillmentKind, FulfillmentState
from app.fulfillment.model.packages import reference_of
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.locations.graphql.batches import locations_by_id
from app.orders.graphql.batches import deliveries_by_id

if TYPE_CHECKING:
    from app.orders.graphql.types import OrderDelivery

LazyDelivery = Annotated["OrderDelivery", strawberry.lazy("app.orders.graphql.types")]

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
        FulfillmentState.RETURNED: "The goods left and came back.",
        FulfillmentState.CANCELED: "Nothing will leave: the order was canceled, the goods were lost on their way to "
        "the store, or nobody collected them there. Units that are in stock are on sale again.",
    },
)


@strawberry.type(description="One location's share of an order.")
class Fulfillment(Entity, Node):
    """A row of `fulfillments`."""

    id = id_field("Fulfillment")
    order_id: strawberry.Private[UUID]
    delivery_id: strawberry.Private[UUID]
    location_id: strawberry.Private[int]
    number: strawberry.Private[int]

    @strawberry.field(description="By which carriers' files know it, such as F123.")
    def reference(self) -> str:
        """At most 15 characters."""
        return reference_of(self.number)

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


NODE_TYPES["Fulfillment"] = NodeType(UUID, batches.fulfillments_by_id)
