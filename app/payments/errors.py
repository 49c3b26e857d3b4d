"""Refusals of the payments slice, and the one failure that is none."""

from app.kit.errors import DomainError, ErrorCode


class PaymentDeclined(DomainError):
    """The provider said no. Facts: reason."""

    code = ErrorCode.PAYMENT_DECLINED


class PaymentTokenMissing(DomainError):
    """A card payment names the token that the provider's form gave the buyer's browser."""

    code = ErrorCode.INVALID_INPUT


class ProviderUnreachable(Exception):
    """The provider gave no answer: what it did is unknown, and it has to be asked again with the same key."""
