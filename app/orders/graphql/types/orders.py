"""Orders, with their taxes and history."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from app.channels.graphql.batches import channels_by_id
from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import fulfillments_by_order, pickups_by_order, shipments_by_order
from app.inventory.graphql.batches import transfers_by_order
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import Money, TaxAmount
from app.kit.permissions import ActorKind
from app.members.graphql.batches import members_by_id
from app.orders import model
from app.orders.graphql import batches
from app.orders.graphql.types.lines import OrderDelivery, OrderLine
from app.payments.graphql.batches import payments_by_order
from app.payments.graphql.types import Payment
from app.payments.model import PaymentStatus

if TYPE_CHECKING:
    from app.channels.graphql.types import Channel
    from app.fulfillment.graphql.types import Fulfillment, Pickup, Shipment
    from app.inventory.graphql.types import Transfer
    from app.members.graphql.types import Member

LazyChannel = Annotated["Channel", strawberry.lazy("app.channels.graphql.types")]
LazyFulfillment = Annotated["Fulfillment", strawberry.lazy("app.fulfillment.graphql.types")]
LazyMember = Annotated["Member", strawberry.lazy("app.members.graphql.types")]
LazyPickup = Annotated["Pickup", strawberry.lazy("app.fulfillment.graphql.types")]
LazyShipment = Annotated["Shipment", strawberry.lazy("app.fulfillment.graphql.types")]
LazyTransfer = Annotated["Transfer", strawberry.lazy("app.inventory.graphql.types")]

describe_enum(
    model.OrderStatus,
    "What an order is, as a whole.",
    {
        model.OrderStatus.PENDING_PAYMENT: "Its units are reserved; the payment provider has not answered yet.",
        model.OrderStatus.PLACED: "It is being fulfilled.",
        model.OrderStatus.COMPLETED: "Every unit was shipped or handed over, or will never be.",
        model.OrderStatus.CANCELED: "It was given up; its units are on sale again.",
        model.OrderStatus.RETURNED: "Its goods came back.",
    },
)
describe_enum(
    model.FulfillmentStatus,
    "Where the goods of an order are.",
    {
        model.FulfillmentStatus.UNFULFILLED: "Nothing has left yet.",
        model.FulfillmentStatus.PARTIALLY_FULFILLED: "Some units have left, others are still to come.",
        model.FulfillmentStatus.FULFILLED: "Nothing is left to be shipped or handed over.",
        model.FulfillmentStatus.CANCELED: "Nothing will leave.",
    },
)

describe_enum(
    model.OrderHistoryKind,
    "What happened to an order.",
    {
        model.OrderHistoryKind.CREATED: "It was written: by a checkout, or taken over from another system.",
        model.OrderHistoryKind.PLACED: "Its payment was settled: fulfillment may begin.",
        model.OrderHistoryKind.WORK_PLANNED: "It was decided which location ships or hands over what.",
        model.OrderHistoryKind.BACKORDER_ALLOCATED: "Units that were sold ahead have come.",
        model.OrderHistoryKind.RESOURCED: "Units were missing at their location; another one gives them.",
        model.OrderHistoryKind.PICKED: "A location has taken the goods of a parcel from its shelves.",
        model.OrderHistoryKind.SHIPPED: "A parcel has left.",
        model.OrderHistoryKind.TRANSFER_SHIPPED: "Goods for a pickup have left for the store that hands them over.",
        model.OrderHistoryKind.TRANSFER_RECEIVED: "Goods for a pickup have arrived at its store, or are lost.",
        model.OrderHistoryKind.PICKUP_READY: "A store has the goods of a pickup ready at its counter.",
        model.OrderHistoryKind.PICKUP_ARRIVED: "The goods of a pickup have arrived at the partner's point.",
        model.OrderHistoryKind.PICKUP_CODE_VERIFIED: "The right code of a pickup was said.",
        model.OrderHistoryKind.PICKUP_CODE_REFUSED: "A wrong code of a pickup was said.",
        model.OrderHistoryKind.PICKUP_LOCKED: "The fifth wrong code was said: the pickup is locked.",
        model.OrderHistoryKind.PICKUP_UNLOCKED: "Staff has given a pickup a new code.",
        model.OrderHistoryKind.PICKUP_COLLECTED: "The goods of a pickup were handed over.",
        model.OrderHistoryKind.PICKUP_EXPIRED: "A pickup was given up without being collected.",
        model.OrderHistoryKind.PICKUP_BLOCKED: "Goods lie at a point and cannot be collected.",
        model.OrderHistoryKind.PICKUP_EXPIRING: "The buyer was reminded: a pickup will not be kept for much longer.",
        model.OrderHistoryKind.PICKUP_EXTENDED: "A pickup is kept for longer.",
        model.OrderHistoryKind.PICKUP_CHANGED: "Something else is known of a pickup, such as its compartment.",
        model.OrderHistoryKind.PICKUP_RETURNING: "Goods of a pickup left the point, back to the shop.",
        model.OrderHistoryKind.PICKUP_RETURNED: "Goods of a pickup are back.",
        model.OrderHistoryKind.PARCEL_OUT_FOR_DELIVERY: "The carrier is bringing a parcel to the buyer.",
        model.OrderHistoryKind.PARCEL_ATTEMPTED: "The carrier found nobody to take a parcel.",
        model.OrderHistoryKind.PARCEL_DELIVERED: "A parcel is with the buyer.",
        model.OrderHistoryKind.PARCEL_REFUSED: "The buyer did not take a parcel.",
        model.OrderHistoryKind.PARCEL_LOST: "The carrier cannot find a parcel.",
        model.OrderHistoryKind.PARCEL_RETURNING: "A parcel is on its way back.",
        model.OrderHistoryKind.PARCEL_RETURNED: "The carrier has brought a parcel back.",
        model.OrderHistoryKind.PARCEL_TAKEN_BACK: "A parcel was unpacked in the house again.",
        model.OrderHistoryKind.PARTIALLY_FULFILLED: "Some units were shipped home or handed over; others are open.",
        model.OrderHistoryKind.COMPLETED: "The last open units were shipped home or handed over.",
        model.OrderHistoryKind.UNITS_CANCELED: "Some units will not reach the buyer.",
        model.OrderHistoryKind.CANCELED: "The whole order was given up.",
        model.OrderHistoryKind.PAYMENT_CHANGED: "Its money is somewhere else now.",
        model.OrderHistoryKind.PROMISE_REDATED: "Goods will be at their store later than was said: `readyBy`.",
        model.OrderHistoryKind.REFUND_STARTED: "Money is being given back.",
        model.OrderHistoryKind.REFUND_DONE: "Money was given back.",
        model.OrderHistoryKind.REFUND_FAILED: "The provider did not give the money back.",
        model.OrderHistoryKind.LATE_AUTHORIZATION: "The card was accepted after the order was given up; it is voided.",
    },
)


@strawberry.type(description="Something that happened to an order.")
class OrderHistoryEntry(Entity):
    """A row of `order_history`."""

    at: datetime = strawberry.field(description="When.")
    kind: model.OrderHistoryKind = strawberry.field(description="What.")

    @strawberry.field(description="Who did it, such as `shopper` or `key:…`; null without the scope `orders:read`.")
    def actor(self, info: Info) -> str | None:
        """People are not shown to buyers."""
        stored: str = self["actor"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
        return stored if info.context.actor.may("orders:read") else None

    @strawberry.field(description="What exactly; null without the scope `orders:read`.")
    def facts(self, info: Info) -> JSON | None:
        """Reasons may be meant for colleagues only."""
        stored: Any = self["facts"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
        return stored if info.context.actor.may("orders:read") else None


@strawberry.type(description="Where an order came from. Together the two fields are unique.")
class OrderSource:
    """Nothing becomes an order twice."""

    system: str = strawberry.field(description="`cart` for the shop's own checkout, else the other system.")
    reference: str | None = strawberry.field(description="The order's key there; for staff only.")


@strawberry.type(description="What was sold, whatever channel it came from. Whoever knows the id may read it.")
class Order(Entity, Node):
    """A row of `orders`."""

    id = id_field("Order")
    channel_id: strawberry.Private[int]
    member_id: strawberry.Private[UUID | None]
    subtotal_minor: strawberry.Private[int]
    shipping_minor: strawberry.Private[int]
    total_minor: strawberry.Private[int]
    tax_minor: strawberry.Private[int]
    source_system: strawberry.Private[str]
    external_reference: strawberry.Private[str]
    number: str = strawberry.field(description="For people: `HK-10000001`.")
    status: model.OrderStatus = strawberry.field(description="What it is, as a whole.")
    payment_status: PaymentStatus = strawberry.field(description="Where its money is.")
    fulfillment_status: model.FulfillmentStatus = strawberry.field(description="Where its goods are.")
    currency: str = strawberry.field(description="ISO 4217 code of all its amounts.")
    placed_at: datetime = strawberry.field(description="When the buyer ordered.")
    canceled_at: datetime | None = strawberry.field(description="When it was canceled.")
    version: int = strawberry.field(
        description="Raised by each change of its states and each step of its work, parcels, transfers and pickups."
    )

    @strawberry.field(description="Where the buyer gets messages; masked for partners.")
    def email(self, info: Info) -> str | None:
        """Partners hand goods over by code; they need no address."""
        stored: str | None = self["email"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
        return model.mask_email(stored) if info.context.actor.kind is ActorKind.PARTNER else stored

    @strawberry.field(description="The goods, including tax.")
    def subtotal(self) -> Money:
        """Sum of the lines."""
        return Money(amount=self.subtotal_minor, currency=self.currency)

    @strawberry.field(description="Shipping, including tax.")
    def shipping(self) -> Money:
        """All home deliveries together."""
        return Money(amount=self.shipping_minor, currency=self.currency)

    @strawberry.field(description="Goods and shipping, including tax.")
    def total(self) -> Money:
        """What the buyer pays."""
        return Money(amount=self.total_minor, currency=self.currency)

    @strawberry.field(description="The tax that the total contains.")
    def tax(self) -> Money:
        """Sum over the rates."""
        return Money(amount=self.tax_minor, currency=self.currency)

    @strawberry.field(description="Where it came from.")
    def source(self, info: Info) -> OrderSource:
        """A cart's id opens the cart, so it is for staff."""
        is_staff = info.context.actor.may("orders:read")
        return OrderSource(system=self.source_system, reference=self.external_reference if is_staff else None)

    channel = relation(
        LazyChannel, channels_by_id, key=lambda order: order.channel_id, required=True, description="Where it was sold."
    )
    member = relation(
        LazyMember,
        members_by_id,
        key=lambda order: order.member_id,
        description="The member who ordered; for staff with `orders:read` only.",
    )
    lines = relation(
        OrderLine,
        batches.lines_by_order,
        key=lambda order: order.id,
        many=True,
        description="The goods, by line number.",
    )
    deliveries = relation(
        OrderDelivery,
        batches.deliveries_by_order,
        key=lambda order: order.id,
        many=True,
        description="How the lines are handed over.",
    )
    taxes = relation(
        TaxAmount,
        batches.taxes_by_order,
        key=lambda order: order.id,
        many=True,
        description="The tax by rate, highest rate first.",
    )
    history = relation(
        OrderHistoryEntry,
        batches.history_by_order,
        key=lambda order: order.id,
        many=True,
        description="What happened to it, oldest first.",
    )
    payment = relation(
        Payment, payments_by_order, key=lambda order: order.id, description="How it is paid; hidden from partners."
    )
    fulfillments = relation(
        LazyFulfillment,
        fulfillments_by_order,
        key=lambda order: order.id,
        many=True,
        description="What each location ships or hands over.",
    )
    shipments = relation(
        LazyShipment,
        shipments_by_order,
        key=lambda order: order.id,
        many=True,
        description="The parcels that have left.",
    )
    pickups = relation(
        LazyPickup,
        pickups_by_order,
        key=lambda order: order.id,
        many=True,
        description="The hand-overs at stores and points.",
    )
    transfers = relation(
        LazyTransfer,
        transfers_by_order,
        key=lambda order: order.id,
        many=True,
        description="Goods that travel to a store first; as far as the caller may see transfers.",
    )


NODE_TYPES["Order"] = NodeType(UUID, batches.orders_by_id)
