"""Refusals of the payments slice, and the one failure that is none."""

from app.kit.errors import DomainError, ErrorCode


class PaymentDeclined(DomainError):
    """The provider said no. Facts: reason."""

    code = ErrorCode.PAYMENT_DECLINED


class PaymentTokenMissing(DomainError):
    """A card payment names the token that the provider's form gave the buyer's browser."""

    code = ErrorCode.INVALID_INPUT


class RefundTooLarge(DomainError):
    """More than what was taken and not given back yet. Facts: refundable_minor."""

    code = ErrorCode.REFUND_TOO_LARGE

    def __init__(self, refundable_minor: int) -> None:
        super().__init__(
            f"At most {refundable_minor} (in minor units) can be given back.",
            path=["input", "amountMinor"],
            refundable_minor=refundable_minor,
        )


class ProviderUnreachable(Exception):
    """The provider gave no answer: what it did is unknown, and it has to be asked again with the same key."""
