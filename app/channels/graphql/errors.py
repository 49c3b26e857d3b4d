"""Refusals of the channels slice, as the API shows them."""

import strawberry

from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error


@user_error(ErrorCode.UNKNOWN_CURRENCY, "Amounts cannot be kept in this currency, or not here.")
class UnknownCurrencyError(UserError):
    """Choose one that the shop knows."""

    currency: str = strawberry.field(description="The currency as it was given.")
    accepted: str | None = strawberry.field(
        description="The only currency that would do, such as the channel's for a cart; else null.", default=None
    )
