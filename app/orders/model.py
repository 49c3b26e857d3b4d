"""Rules of orders: drafts, totals and taxes, the three states and the steps between them. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.kit.errors import InvalidTransition
from app.kit.tax import RATES_BP, Rounding, TaxClass, TaxLine, tax_breakdown
from app.orders.errors import AmountTooLarge
from app.payments.model import PaymentStatus

MAX_AMOUNT: Final = 2**31 - 1
"""The largest amount, in minor units, that a GraphQL Int and an integer column can hold."""


SANDBOX: Final = "sandbox"
"""The source of test orders. No fact tells of them and no list names them."""


class OrderStatus(StrEnum):
    """What the order is, as a whole."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    PLACED = "PLACED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    RETURNED = "RETURNED"


class FulfillmentStatus(StrEnum):
    """Where its goods are: always derived from the lines' quantities."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    CANCELED = "CANCELED"


class OrderDeliveryMode(StrEnum):
    """How part of an order reaches the buyer. TAKE_AWAY: sold over a counter."""

    HOME_DELIVERY = "HOME_DELIVERY"
    STORE_PICKUP = "STORE_PICKUP"
    CONVENIENCE_STORE_PICKUP = "CONVENIENCE_STORE_PICKUP"
    LOCKER_PICKUP = "LOCKER_PICKUP"
    CARRIER_OFFICE_PICKUP = "CARRIER_OFFICE_PICKUP"
    TAKE_AWAY = "TAKE_AWAY"


class OrderHistoryKind(StrEnum):
    """What an entry of an order's history tells."""

    CREATED = "CREATED"
    PLACED = "PLACED"
    WORK_PLANNED = "WORK_PLANNED"
    BACKORDER_ALLOCATED = "BACKORDER_ALLOCATED"
    RESOURCED = "RESOURCED"
    PICKED = "PICKED"
    SHIPPED = "SHIPPED"
    TRANSFER_SHIPPED = "TRANSFER_SHIPPED"
    TRANSFER_RECEIVED = "TRANSFER_RECEIVED"
    PICKUP_READY = "PICKUP_READY"
    PICKUP_ARRIVED = "PICKUP_ARRIVED"
    PICKUP_CODE_VERIFIED = "PICKUP_CODE_VERIFIED"
    PICKUP_CODE_REFUSED = "PICKUP_CODE_REFUSED"
    PICKUP_LOCKED = "PICKUP_LOCKED"
    PICKUP_UNLOCKED = "PICKUP_UNLOCKED"
    PICKUP_COLLECTED = "PICKUP_COLLECTED"
    PICKUP_EXPIRED = "PICKUP_EXPIRED"
    PICKUP_BLOCKED = "PICKUP_BLOCKED"
    PICKUP_EXPIRING = "PICKUP_EXPIRING"
    PICKUP_EXTENDED = "PICKUP_EXTENDED"
    PICKUP_CHANGED = "PICKUP_CHANGED"
    PROMISE_REDATED = "PROMISE_REDATED"
    PICKUP_RETURNING = "PICKUP_RETURNING"
    PICKUP_RETURNED = "PICKUP_RETURNED"
    PARCEL_OUT_FOR_DELIVERY = "PARCEL_OUT_FOR_DELIVERY"
    PARCEL_ATTEMPTED = "PARCEL_ATTEMPTED"
    PARCEL_DELIVERED = "PARCEL_DELIVERED"
    PARCEL_REFUSED = "PARCEL_REFUSED"
    PARCEL_LOST = "PARCEL_LOST"
    PARCEL_RETURNING = "PARCEL_RETURNING"
    PARCEL_RETURNED = "PARCEL_RETURNED"
    PARCEL_TAKEN_BACK = "PARCEL_TAKEN_BACK"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    COMPLETED = "COMPLETED"
    UNITS_CANCELED = "UNITS_CANCELED"
    CANCELED = "CANCELED"
    PAYMENT_CHANGED = "PAYMENT_CHANGED"
    REFUND_STARTED = "REFUND_STARTED"
    REFUND_DONE = "REFUND_DONE"
    REFUND_FAILED = "REFUND_FAILED"
    LATE_AUTHORIZATION = "LATE_AUTHORIZATION"


_ORDER_STEPS: Final = {
    OrderStatus.PENDING_PAYMENT: {OrderStatus.PLACED, OrderStatus.CANCELED},
    OrderStatus.PLACED: {OrderStatus.COMPLETED, OrderStatus.CANCELED},
    OrderStatus.COMPLETED: {OrderStatus.RETURNED},
    OrderStatus.CANCELED: set[OrderStatus](),
    OrderStatus.RETURNED: set[OrderStatus](),
}


@dataclass(frozen=True, slots=True)
class DeliveryDraft:
    """One hand-over. location_id: the point or store of a pickup; address: of a home delivery, as carts
    keep it; slot_begins: when the pickup slot begins that is to be kept for it (UTC).
    """

    id: UUID
    mode: str
    location_id: int | None = None
    address: Mapping[str, Any] | None = None
    slot_begins: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line, names and price copied from where it was sold.

    quantity: whole units; negative for a return that another system reported. short_quantity: units sold
    elsewhere that no location had. The fulfilled and canceled quantities are for orders that are imported
    with their past. components: (variant id, units) that one unit of a bundle is made of.
    """

    line_no: int
    variant_id: int
    sku: str
    names: Mapping[str, str]
    quantity: int
    unit_price_minor: int
    tax_class: str
    delivery_id: UUID | None = None
    short_quantity: int = 0
    fulfilled_quantity: int = 0
    canceled_quantity: int = 0
    components: tuple[tuple[int, int], ...] = ()

    @property
    def total_minor(self) -> int:
        """Including tax, in minor units."""
        return self.quantity * self.unit_price_minor

    @property
    def tax_rate_bp(self) -> int:
        """The rate of its tax class, in basis points."""
        return RATES_BP[TaxClass(self.tax_class)]


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order that is to be; totals, tax rows and the number are made when it is created.

    (source_system, external_reference) says what it came from and is unique. Amounts are minor units of
    `currency` and include tax. placed_at and canceled_at are UTC.
    """

    id: UUID
    source_system: str
    external_reference: str
    channel_id: int
    currency: str
    status: OrderStatus | str
    payment_status: PaymentStatus | str
    placed_at: datetime
    lines: tuple[LineDraft, ...]
    deliveries: tuple[DeliveryDraft, ...] = ()
    email: str | None = None
    member_id: UUID | None = None
    shipping_minor: int = 0
    tax_rounding: str = Rounding.DOWN
    canceled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CreatedOrder:
    """What `create_orders` made of a draft. Amounts in minor units."""

    id: UUID
    number: str
    total_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's amounts in minor units, tax included; `taxes` has one row per rate, highest first."""

    subtotal: int
    shipping: int
    total: int
    tax: int
    taxes: list[TaxLine] = field(default_factory=list[TaxLine])


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Units of one line: ordered, and what has become of them."""

    quantity: int
    fulfilled: int
    canceled: int
    short: int

    @property
    def open(self) -> int:
        """Units that still wait to be handed over; a reported return has none."""
        return max(self.quantity - self.fulfilled - self.canceled - self.short, 0)


def totals_of(lines: Iterable[tuple[int, int]], shipping_minor: int = 0, rounding: Rounding = Rounding.DOWN) -> Totals:
    """Totals from (rate in basis points, amount including tax) per line. Shipping is taxed at the standard
    rate.

    Raises AmountTooLarge past MAX_AMOUNT.
    """
    rows = list(lines)
    subtotal = sum(amount for _, amount in rows)
    total = subtotal + shipping_minor
    if max(abs(subtotal), abs(total), *(abs(amount) for _, amount in rows), 0) > MAX_AMOUNT:
        message = f"The total of an order is at most {MAX_AMOUNT:,} minor units of its currency."
        raise AmountTooLarge(message)
    shipping = [(RATES_BP[TaxClass.STANDARD_10], shipping_minor)] if shipping_minor else []
    taxes = tax_breakdown([*rows, *shipping], rounding)
    return Totals(subtotal, shipping_minor, total, sum(line.tax for line in taxes), taxes)


def draft_totals(draft: OrderDraft) -> Totals:
    """The totals of a draft. Raises AmountTooLarge."""
    lines = ((line.tax_rate_bp, line.total_minor) for line in draft.lines)
    return totals_of(lines, draft.shipping_minor, Rounding(draft.tax_rounding))


def draft_counts(draft: OrderDraft) -> list[LineCounts]:
    """The quantities of a draft's lines."""
    return [
        LineCounts(line.quantity, line.fulfilled_quantity, line.canceled_quantity, line.short_quantity)
        for line in draft.lines
    ]


def fulfillment_status_of(lines: Iterable[LineCounts]) -> FulfillmentStatus:
    """The state of the goods. Short and canceled units are settled without being handed over."""
    rows = [line for line in lines if line.quantity > 0]
    fulfilled = sum(line.fulfilled for line in rows)
    if any(line.open for line in rows):
        return FulfillmentStatus.PARTIALLY_FULFILLED if fulfilled else FulfillmentStatus.UNFULFILLED
    if fulfilled:
        return FulfillmentStatus.FULFILLED
    return FulfillmentStatus.CANCELED if any(line.canceled for line in rows) else FulfillmentStatus.UNFULFILLED


def next_order_status(current: str, wanted: OrderStatus) -> OrderStatus:
    """`wanted` when it may follow `current`. Raises InvalidTransition otherwise."""
    if wanted not in _ORDER_STEPS[OrderStatus(current)]:
        message = f"An order that is {current} cannot become {wanted}."
        raise InvalidTransition(message, current_status=current)
    return wanted


def mask_email(email: str | None) -> str | None:
    """For readers who need not know it: `h***@example.jp`."""
    if email is None:
        return None
    name, _, domain = email.partition("@")
    return f"{name[:1]}***@{domain}"
