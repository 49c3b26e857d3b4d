"""Carts, their lines, deliveries and totals."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.capacity.graphql.slots import PickupSlotTime
from app.carts import model
from app.carts.graphql import batches
from app.carts.graphql.batches import ProblemsKey, TotalsKey
from app.carts.graphql.types.problems import CartProblem
from app.catalog.graphql.batches import variants_by_id
from app.channels.graphql.batches import channels_by_id
from app.engine.relations import Entity, relation
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import Money, TaxAmount
from app.locations.graphql.batches import locations_by_id
from app.orders.graphql.batches import orders_by_cart
from app.sourcing.graphql.types import address_field
from app.sourcing.model import DeliveryMode

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant
    from app.channels.graphql.types import Channel
    from app.locations.graphql.types import Location
    from app.orders.graphql.types import Order

LazyLine = Annotated["CartLine", strawberry.lazy("app.carts.graphql.types.carts")]
LazyDelivery = Annotated["CartDelivery", strawberry.lazy("app.carts.graphql.types.carts")]
LazyChannel = Annotated["Channel", strawberry.lazy("app.channels.graphql.types")]
LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]
LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]

describe_enum(
    model.CartStatus,
    "What a cart is.",
    {
        model.CartStatus.OPEN: "It can change, unless it has expired.",
        model.CartStatus.COMPLETED: "It has become an order; it opens again only if that order's payment fails.",
    },
)


@strawberry.type(description="What a cart costs, at the prices that the buyer has seen. All amounts include tax.")
class CartTotals(Entity):
    """A `TotalsRow`."""

    totals: strawberry.Private[model.CartTotals]
    currency: strawberry.Private[str]

    @strawberry.field(description="The goods.")
    def subtotal(self) -> Money:
        """Sum of the lines."""
        return Money(amount=self.totals.subtotal, currency=self.currency)

    @strawberry.field(
        description="Shipping: the channel's fee for each home delivery whose goods do not reach the free amount."
    )
    def shipping(self) -> Money:
        """Pickups are free."""
        return Money(amount=self.totals.shipping, currency=self.currency)

    @strawberry.field(description="Goods and shipping.")
    def total(self) -> Money:
        """What is to be paid."""
        return Money(amount=self.totals.total, currency=self.currency)

    @strawberry.field(description="The tax that the total contains.")
    def tax(self) -> Money:
        """Sum over the rates."""
        return Money(amount=self.totals.tax, currency=self.currency)

    @strawberry.field(description="The tax by rate, highest rate first.")
    def taxes(self) -> list[TaxAmount]:
        """One entry per rate that occurs."""
        return [
            TaxAmount(rate_bp=entry.rate_bp, taxable_minor=entry.taxable, tax_minor=entry.tax, currency=self.currency)
            for entry in self.totals.taxes
        ]


@strawberry.type(description="Goods in a cart.")
class CartLine(Entity):
    """A row of `cart_lines` with its goods' SKU and price."""

    id = id_field("CartLine")
    cart_id: strawberry.Private[UUID]
    variant_id: strawberry.Private[int]
    delivery_id: strawberry.Private[UUID | None]
    currency: strawberry.Private[str]
    unit_price_minor: strawberry.Private[int]
    total_minor: strawberry.Private[int]
    price_minor: strawberry.Private[int | None]
    is_sold: strawberry.Private[bool]
    cart_status: strawberry.Private[str]
    channel_id: strawberry.Private[int]
    location_group_id: strawberry.Private[int]
    reservation_id: strawberry.Private[UUID | None]
    sku: str = strawberry.field(description="SKU of the variant.")
    quantity: int = strawberry.field(description="Units, 1 to 9,999.")

    @strawberry.field(description="The price of one unit, including tax, as the buyer has seen it.")
    def unit_price(self) -> Money:
        """Stamped whenever the line is added to or updated."""
        return Money(amount=self.unit_price_minor, currency=self.currency)

    @strawberry.field(description="The price of one unit now, including tax; null when it is not sold any more.")
    def current_price(self) -> Money | None:
        """Of the cart's channel."""
        is_sold = self.is_sold and self.price_minor is not None
        return Money(amount=self.price_minor or 0, currency=self.currency) if is_sold else None

    @strawberry.field(description="Units times the price that the buyer has seen.")
    def total(self) -> Money:
        """Including tax."""
        return Money(amount=self.total_minor, currency=self.currency)

    variant = relation(
        LazyVariant, variants_by_id, key=lambda line: line.variant_id, required=True, description="The goods."
    )
    delivery = relation(
        LazyDelivery,
        batches.deliveries_by_id,
        key=lambda line: line.delivery_id,
        description="How it is to be handed over; null while nobody has said so.",
    )
    problems = relation(
        CartProblem,
        batches.problems_by_line,
        key=lambda line: (
            ProblemsKey(
                line.cart_id,
                line.cart_status,
                line.currency,
                line.channel_id,
                line.location_group_id,
                line.reservation_id,
            ),
            line.id,
        ),
        many=True,
        description="What keeps this line from being ordered.",
    )


@strawberry.type(description="How part of a cart is to be handed over.")
class CartDelivery(Entity):
    """A row of `cart_deliveries`."""

    id = id_field("CartDelivery")
    location_id: strawberry.Private[int | None]
    mode: DeliveryMode = strawberry.field(description="How.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda delivery: delivery.location_id,
        description="Where the buyer collects the goods; null for home delivery.",
    )

    address = address_field()

    @strawberry.field(
        description="The pickup slot that was chosen; null without one. Nothing is kept before the checkout.",
        graphql_type=PickupSlotTime | None,
    )
    def slot(self: Any) -> Any:
        """From the row's two instants."""
        begins, ends = self["slot_begins"], self["slot_ends"]
        return None if begins is None else PickupSlotTime(begins=begins, ends=ends)

    lines = relation(
        LazyLine,
        batches.lines_by_delivery,
        key=lambda delivery: delivery.id,
        many=True,
        description="The lines that are handed over this way.",
    )


@strawberry.type(description="Units of a cart's line that are reserved.")
class CartReservationLine(Entity):
    """A row of `RESERVED_LINES_BY_CART`."""

    line_id: strawberry.Private[UUID]
    quantity: int = strawberry.field(
        description="Units; more than these the checkout takes from what is available then."
    )
    line = relation(
        LazyLine, batches.lines_by_id, key=lambda row: row.line_id, required=True, description="The cart's line."
    )


@strawberry.type(description="What is reserved for a cart: nobody else can buy it before its end.")
class CartReservation(Entity):
    """A row of `RESERVATIONS_BY_CART`."""

    cart_id: strawberry.Private[UUID]
    expires_at: datetime = strawberry.field(description="When the units go back on sale.")
    extendable_until: datetime | None = strawberry.field(
        description="The latest that `cartReservationExtend` may move the end to."
    )
    extended_at: datetime | None = strawberry.field(description="When it was extended last, if ever.")
    lines = relation(
        CartReservationLine,
        batches.reserved_lines_by_cart,
        key=lambda row: row.cart_id,
        many=True,
        description="The units by line of the cart; lines without any are left out.",
    )


@strawberry.type(
    description="What a buyer intends to buy. It sets no stock aside unless `cartReserve` does; the checkout does."
)
class Cart(Entity, Node):
    """A row of `carts` with its channel's rates. Whoever knows the id may read and change it."""

    id = id_field("Cart")
    channel_id: strawberry.Private[int]
    location_group_id: strawberry.Private[int]
    tax_rounding: strawberry.Private[str]
    shipping_fee_minor: strawberry.Private[int]
    free_shipping_from_minor: strawberry.Private[int | None]
    reservation_id: strawberry.Private[UUID | None]
    status: model.CartStatus = strawberry.field(description="Whether it has become an order.")
    currency: str = strawberry.field(description="ISO 4217 code; that of its channel.")
    email: str | None = strawberry.field(description="Where the buyer wants messages.")
    created_at: datetime = strawberry.field(description="When it was created.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    expires_at: datetime = strawberry.field(description="From when on it cannot change; each change adds 30 days.")
    version: int = strawberry.field(description="Raised by each change.")

    @strawberry.field(description="Whether it was left alone for too long, so that it can only be read.")
    def is_expired(self, info: Info) -> bool:
        """At the instant of the request."""
        return model.is_expired(self, info.context.now)

    channel = relation(
        LazyChannel,
        channels_by_id,
        key=lambda cart: cart.channel_id,
        required=True,
        description="Where the sale happens.",
    )
    lines = relation(
        LazyLine,
        batches.lines_by_cart,
        key=lambda cart: cart.id,
        many=True,
        description="The goods, at most 100 lines, in the order in which they were added.",
    )
    deliveries = relation(
        LazyDelivery,
        batches.deliveries_by_cart,
        key=lambda cart: cart.id,
        many=True,
        description="How the lines are to be handed over: one per mode, place and pickup slot.",
    )
    totals = relation(
        CartTotals,
        batches.totals_by_cart,
        key=lambda cart: TotalsKey(
            cart.id, cart.currency, cart.tax_rounding, cart.shipping_fee_minor, cart.free_shipping_from_minor
        ),
        required=True,
        description="What it costs.",
    )
    problems = relation(
        CartProblem,
        batches.problems_by_cart,
        key=lambda cart: ProblemsKey(
            cart.id, cart.status, cart.currency, cart.channel_id, cart.location_group_id, cart.reservation_id
        ),
        many=True,
        description="What keeps it from becoming an order, in the order of the lines. Empty: the checkout can go on.",
    )
    reservation = relation(
        CartReservation,
        batches.reservations_by_cart,
        key=lambda cart: None if cart.reservation_id is None else cart.id,
        description="What is reserved for it; null when nothing is (any more).",
    )
    order = relation(
        LazyOrder,
        orders_by_cart,
        key=lambda cart: cart.id,
        description="The order that it became; null while it is open, also after an order whose payment failed.",
    )


NODE_TYPES["Cart"] = NodeType(UUID, batches.carts_by_id)
