"""Refusals of the checkout."""

from app.kit.errors import DomainError, ErrorCode


class PriceChanged(DomainError):
    """A line, or (without line_id) the total, costs something else than the buyer was told.

    Facts: line_id, sku, old_minor, new_minor, currency.
    """

    code = ErrorCode.PRICE_CHANGED


class DeliveryMissing(DomainError):
    """Nobody has said how the line is to be handed over. Facts: line_id, sku."""

    code = ErrorCode.DELIVERY_MISSING


class PaymentMethodNotEligible(DomainError):
    """The order cannot be paid like this. Facts: method, method_reasons (NOT_OFFERED, NOT_ALL_STORE_PICKUP)."""

    code = ErrorCode.PAYMENT_METHOD_NOT_ELIGIBLE
