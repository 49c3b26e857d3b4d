"""GraphQL types of payments."""

import strawberry

from app.engine.relations import Entity
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.types import Money
from app.payments.model import PaymentMethod, PaymentStatus

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
        PaymentStatus.REFUNDED: "Given back.",
        PaymentStatus.FAILED: "Declined by the provider.",
    },
)


@strawberry.type(description="The payment of an order.")
class Payment(Entity):
    """A row of `payments`."""

    method: PaymentMethod = strawberry.field(description="How it is paid.")
    status: PaymentStatus = strawberry.field(description="Where the money is.")
    amount_minor: strawberry.Private[int]
    captured_minor: strawberry.Private[int]
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

    @strawberry.field(
        name="failure",
        description="The provider's reason for declining; null without the scope `orders:read`.",
    )
    def failure_for_staff(self, info: Info) -> str | None:
        """Reasons of banks are not for buyers: they help those who try stolen cards."""
        return self.failure if info.context.actor.may("orders:read") else None
