"""Refusals of payments in the API."""

from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error


@user_error(ErrorCode.PAYMENT_DECLINED, "The payment provider declined; the order is canceled, its units are on sale.")
class PaymentDeclinedError(UserError):
    """Providers' reasons are not for buyers; staff read them at `Payment.failure`."""
