"""Refusals of the checkout in the API."""

import strawberry

from app.checkout.model import PaymentMethodReason
from app.kit.errors import ErrorCode
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.errors import UserError, user_error
from app.kit.graphql.types import Money

describe_enum(
    PaymentMethodReason,
    "Why an order cannot be paid by a method.",
    {
        PaymentMethodReason.NOT_OFFERED: "The channel does not offer it.",
        PaymentMethodReason.NOT_ALL_STORE_PICKUP: "Not every line is collected at an own store.",
    },
)


@user_error(ErrorCode.CART_EMPTY, "There is nothing in the cart to order.")
class CartEmptyError(UserError):
    """Add lines first."""


@user_error(ErrorCode.PRICE_CHANGED, "A line, or the total, costs something else than the buyer was told.")
class PriceChangedError(UserError):
    """Show the new price; `cartLinesUpdate` accepts it."""

    old_minor: strawberry.Private[int]
    new_minor: strawberry.Private[int]
    currency: strawberry.Private[str]
    line_id: strawberry.ID | None = strawberry.field(
        default=None, description="The cart's line; null when it is about the total."
    )
    sku: str | None = strawberry.field(default=None, description="The line's SKU; null when it is about the total.")

    @strawberry.field(description="What the buyer was told: the price of one unit, or the total.")
    def old(self) -> Money:
        """From the cart, or from `expectedTotal`."""
        return Money(amount=self.old_minor, currency=self.currency)

    @strawberry.field(description="What it is now.")
    def new(self) -> Money:
        """From the channel."""
        return Money(amount=self.new_minor, currency=self.currency)


@user_error(ErrorCode.DELIVERY_MISSING, "Nobody has said how a line is to be handed over.")
class DeliveryMissingError(UserError):
    """Call `cartDeliverySet`."""

    line_id: strawberry.ID | None = strawberry.field(default=None, description="The cart's line.")
    sku: str | None = strawberry.field(default=None, description="The line's SKU.")


@user_error(ErrorCode.PAYMENT_METHOD_NOT_ELIGIBLE, "The order cannot be paid like this.")
class PaymentMethodNotEligibleError(UserError):
    """Choose another method, or other deliveries."""

    method_reasons: list[PaymentMethodReason] = strawberry.field(description="Why not.")
