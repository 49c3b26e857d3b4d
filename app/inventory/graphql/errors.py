"""The refusals of the inventory slice, with their facts."""

from datetime import datetime

import strawberry

from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error


@user_error(ErrorCode.INVALID_QUANTITY, "The quantity lies outside of what one command may move.")
class InvalidQuantityError(UserError):
    """Nothing was moved."""

    minimum: int | None = strawberry.field(description="The smallest quantity that is taken.", default=None)
    maximum: int | None = strawberry.field(description="The largest quantity that is taken.", default=None)


@user_error(ErrorCode.INSUFFICIENT_STOCK, "There are fewer units than were asked for.")
class InsufficientStockError(UserError):
    """Nothing was moved or promised."""

    variant_id: strawberry.Private[int | None] = None
    requested: int | None = strawberry.field(description="Units that were asked for.", default=None)
    available: int = strawberry.field(description="Units that there are.")
    sku: str | None = strawberry.field(description="The variant, where one is meant.", default=None)
    line_id: strawberry.ID | None = strawberry.field(description="The cart's line, where one is meant.", default=None)
    line_no: int | None = strawberry.field(description="The line of the transfer, where one is meant.", default=None)
    waiting: int | None = strawberry.field(
        description="Units that are there and kept for those who wait, where that is the trouble of a transfer: "
        "`overtakesQueue` takes them.",
        default=None,
    )


@user_error(ErrorCode.QUANTITY_CONFLICT, "The quantity on hand is not the expected one: somebody moved units.")
class QuantityConflictError(UserError):
    """Nothing was moved."""

    current_quantity: int = strawberry.field(description="Units on hand now.")


@user_error(ErrorCode.OVER_DELIVERY, "More units than were ordered, past the tolerance that the caller gave.")
class OverDeliveryError(UserError):
    """Nothing was received."""

    line_no: int | None = strawberry.field(description="The line of the purchase order.", default=None)
    ordered_quantity: int = strawberry.field(description="Units that were ordered.")
    received_quantity: int = strawberry.field(description="Units that had come before.")
    maximum: int | None = strawberry.field(description="Units that would be taken now.", default=None)


@user_error(ErrorCode.RESERVATION_NOT_EXTENDABLE, "The reservation's end cannot be moved there now.")
class ReservationNotExtendableError(UserError):
    """The reservation is as it was."""

    extendable_at: datetime | None = strawberry.field(
        description="From when on it may be extended again; null when that is not the trouble.", default=None
    )
    extendable_until: datetime | None = strawberry.field(
        description="The latest end; null when it cannot be extended at all.", default=None
    )


@user_error(ErrorCode.COUNT_INCOMPLETE, "Lines of the count session were not counted, or counters disagree.")
class CountIncompleteError(UserError):
    """Nothing was corrected."""

    uncounted: list[str] | None = strawberry.field(
        description="SKUs that nobody has counted in their present pass, at most 100.", default=None
    )
    disputed: list[str] | None = strawberry.field(
        description="SKUs of which counters found different differences, at most 100.", default=None
    )


@user_error(ErrorCode.FOUR_EYES_NEEDED, "The session wants four eyes, and the caller has counted in it.")
class FourEyesNeededError(UserError):
    """Nothing was corrected."""

    counted_by: list[str] | None = strawberry.field(description="All who have counted, in any pass.", default=None)


@user_error(ErrorCode.BEING_COUNTED, "The variant is counted in another open session at the location.")
class BeingCountedError(UserError):
    """Nothing was recorded. Two sessions would correct the same difference twice."""

    sku: str | None = strawberry.field(description="The variant.", default=None)
    count_number: str | None = strawberry.field(description="The other session's number.", default=None)
