"""Refusals of carts in the API."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import relation
from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error
from app.orders.graphql.batches import orders_by_cart
from app.sourcing.model import DeliveryMode, IneligibleReason

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant
    from app.orders.graphql.types import Order

LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]
LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]


@user_error(ErrorCode.CART_EXPIRED, "The cart was left alone for 30 days; it can only be read.")
class CartExpiredError(UserError):
    """Create a new cart."""


@user_error(ErrorCode.CART_COMPLETED, "The cart has become an order and cannot change.")
class CartCompletedError(UserError):
    """The order is at hand."""

    cart_id: strawberry.Private[str]
    order = relation(
        LazyOrder,
        orders_by_cart,
        key=lambda error: UUID(error.cart_id),
        description="The order that the cart became.",
    )


@user_error(ErrorCode.CART_TOO_LARGE, "More lines, rows or money than one cart or one mutation may have.")
class CartTooLargeError(UserError):
    """Split the request."""

    maximum: int | None = strawberry.field(
        description="How many lines or rows, or how many minor units of money, may be.", default=None
    )
    requested: int | None = strawberry.field(
        description="How many lines or rows there would be; null for money.", default=None
    )


@user_error(ErrorCode.RESERVED_TOO_OFTEN, "The cart was reserved anew too often within an hour.")
class ReservedTooOftenError(UserError):
    """Units are not kept for it now; it can still be bought."""

    reservable_at: datetime = strawberry.field(description="From when on it may be reserved again.")


@user_error(ErrorCode.NOT_SOLD, "The variant is not sold in the channel now.")
class NotSoldError(UserError):
    """Leave it out."""

    variant_id: strawberry.Private[int | None] = None
    sku: str | None = strawberry.field(description="The variant's SKU.", default=None)
    line_id: strawberry.ID | None = strawberry.field(description="The cart's line, at a checkout.", default=None)
    variant = relation(
        LazyVariant,
        variants_by_id,
        key=lambda error: error.variant_id,
        description="The variant.",
    )


@user_error(ErrorCode.DELIVERY_MODE_NOT_ELIGIBLE, "The goods or the location do not allow this delivery mode.")
class DeliveryModeNotEligibleError(UserError):
    """Choose another mode or location."""

    mode: DeliveryMode = strawberry.field(description="The mode that was asked for.")
    reasons: list[IneligibleReason] = strawberry.field(description="Why not.")
    line_id: strawberry.ID | None = strawberry.field(description="The cart's line, at a checkout.", default=None)
    sku: str | None = strawberry.field(description="The line's SKU, at a checkout.", default=None)
