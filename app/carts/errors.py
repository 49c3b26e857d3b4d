"""Refusals of the carts slice."""

from collections.abc import Sequence
from uuid import UUID

from app.kit.errors import DomainError, ErrorCode


class CartExpired(DomainError):
    """The cart was left alone for too long; it can only be read."""

    code = ErrorCode.CART_EXPIRED


class CartCompleted(DomainError):
    """The cart has become an order. Facts: cart_id, by which the order is found."""

    code = ErrorCode.CART_COMPLETED

    def __init__(self, cart_id: UUID) -> None:
        super().__init__("This cart has become an order and cannot change.", cart_id=str(cart_id))


class CartEmpty(DomainError):
    """There is nothing in the cart to order, or to reserve."""

    code = ErrorCode.CART_EMPTY


class CartTooLarge(DomainError):
    """More lines, rows or money than a cart or command may have. Facts: maximum, requested (of lines and
    rows).
    """

    code = ErrorCode.CART_TOO_LARGE


class ReservedTooOften(DomainError):
    """The cart was reserved anew as often as it may be within an hour. Facts: reservable_at, when it may be again."""

    code = ErrorCode.RESERVED_TOO_OFTEN


class NotSold(DomainError):
    """The variant is not sold in the cart's channel now. Facts: sku, variant_id."""

    code = ErrorCode.NOT_SOLD


class DeliveryModeNotEligible(DomainError):
    """The mode cannot be used here for these goods. Facts: mode, reasons: codes of `IneligibleReason`."""

    code = ErrorCode.DELIVERY_MODE_NOT_ELIGIBLE

    def __init__(self, message: str, *, mode: str, reasons: Sequence[str], path: Sequence[str] = ()) -> None:
        super().__init__(message, path=path, mode=mode, reasons=list(reasons))
