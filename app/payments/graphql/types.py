"""GraphQL types of payments."""

from datetime import datetime
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.types import Money
from app.payments.graphql import batches
from app.payments.model import PaymentMethod, PaymentStatus, RefundReason, RefundStatus

describe_enum(
    PaymentMethod,
    "How an order is paid.",
    {
        PaymentMethod.CARD: "By card, through a payment provider.",
        PaymentMethod.PAY_AT_PICKUP: "At the counter of the store where the goods are handed over.",
        PaymentMethod.EXTERNAL: "In another system, such as a marketplace or a till.",
    },
)
describe_enum(
    PaymentStatus,
    "Where the money is.",
    {
        PaymentStatus.PENDING: "The provider has not answered yet.",
        PaymentStatus.AUTHORIZED: "Set aside by the provider; it can be taken.",
        PaymentStatus.CAPTURED: "Taken, as far as the goods reached the buyer: `captured` says how much.",
        PaymentStatus.DUE_AT_PICKUP: "To be paid when the goods are handed over: at each pickup its own lines. "
        "`captured` says how much was paid; it becomes CAPTURED with the last open pickup.",
        PaymentStatus.VOIDED: "Given up before it was taken.",
        PaymentStatus.REFUNDED: "All that was taken was given back. A part of it: `refunded`.",
        PaymentStatus.FAILED: "Declined by the provider.",
    },
)


describe_enum(
    RefundStatus,
    "Whether money was given back.",
    {
        RefundStatus.PENDING: "The provider has not answered yet.",
        RefundStatus.DONE: "It was given back: by the provider, or, of what was paid elsewhere, by who says so.",
        RefundStatus.FAILED: "The provider refused. The case REFUND_DUE asks for another try.",
    },
)
describe_enum(
    RefundReason,
    "Why money is given back.",
    {
        RefundReason.GOODS_RETURNED: "The goods came back.",
        RefundReason.NOT_DELIVERED: "The goods did not reach the buyer.",
        RefundReason.GOODWILL: "To put something right.",
        RefundReason.OTHER: "As the note says.",
    },
)


@strawberry.type(description="Money on its way back to the buyer.")
class Refund(Entity):
    """A row of `refunds`."""

    status: RefundStatus = strawberry.field(description="Whether it was given back.")
    reason: RefundReason = strawberry.field(description="Why.")
    created_at: datetime = strawberry.field(description="When somebody decided it (UTC).")
    settled_at: datetime | None = strawberry.field(description="When it was given back, or refused (UTC).")
    amount_minor: strawberry.Private[int]
    currency: strawberry.Private[str]
    note: strawberry.Private[str | None]
    failure: strawberry.Private[str | None]

    @strawberry.field(description="How much.")
    def amount(self) -> Money:
        """Including tax."""
        return Money(amount=self.amount_minor, currency=self.currency)

    @strawberry.field(name="note", description="In words of who decided it; null without the scope `orders:read`.")
    def note_for_staff(self, info: Info) -> str | None:
        """Meant for colleagues."""
        return self.note if info.context.actor.may("orders:read") else None

    @strawberry.field(name="failure", description="The provider's reason; null without the scope `orders:read`.")
    def failure_for_staff(self, info: Info) -> str | None:
        """As for payments."""
        return self.failure if info.context.actor.may("orders:read") else None


@strawberry.type(description="The payment of an order.")
class Payment(Entity):
    """A row of `payments`."""

    method: PaymentMethod = strawberry.field(description="How it is paid.")
    status: PaymentStatus = strawberry.field(description="Where the money is.")
    amount_minor: strawberry.Private[int]
    captured_minor: strawberry.Private[int]
    refunded_minor: strawberry.Private[int]
    order_id: strawberry.Private[UUID]
    currency: strawberry.Private[str]
    failure: strawberry.Private[str | None]

    @strawberry.field(description="The order's total.")
    def amount(self) -> Money:
        """Including tax."""
        return Money(amount=self.amount_minor, currency=self.currency)

    @strawberry.field(
        description="What was taken so far: less than `amount` while pickups are open, and for good when units did not "
        "reach the buyer."
    )
    def captured(self) -> Money:
        """Including tax."""
        return Money(amount=self.captured_minor, currency=self.currency)

    @strawberry.field(description="What was given back of that, or is being given back at this moment: see `refunds`.")
    def refunded(self) -> Money:
        """Including tax."""
        return Money(amount=self.refunded_minor, currency=self.currency)

    refunds = relation(
        Refund,
        batches.refunds_by_order,
        key=lambda payment: payment.order_id,
        many=True,
        description="Each time that money was given back, oldest first.",
    )

    @strawberry.field(
        name="failure",
        description="The provider's reason for declining; null without the scope `orders:read`.",
    )
    def failure_for_staff(self, info: Info) -> str | None:
        """Reasons of banks are not for buyers: they help those who try stolen cards."""
        return self.failure if info.context.actor.may("orders:read") else None
