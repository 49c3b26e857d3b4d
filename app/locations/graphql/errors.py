"""Refusals of the locations slice, as the API shows them."""

import strawberry

from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error


@user_error(ErrorCode.INVALID_POSTAL_CODE, "The text is no Japanese postal code.")
class InvalidPostalCodeError(UserError):
    """Ask the buyer again."""

    value: str = strawberry.field(description="The text as it was given, cut after 40 characters.")
