"""Refusals of payments in the API."""

import strawberry

from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error


@user_error(ErrorCode.PAYMENT_DECLINED, "The payment provider declined; the order is canceled, its units are on sale.")
class PaymentDeclinedError(UserError):
    """Providers' reasons are not for buyers; staff read them at `Payment.failure`."""


@user_error(ErrorCode.REFUND_TOO_LARGE, "More than what was taken and not given back yet.")
class RefundTooLargeError(UserError):
    """Refunds that are under way count."""

    refundable_minor: int = strawberry.field(description="How much can be given back, in minor units of the currency.")
