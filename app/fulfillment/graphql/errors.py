"""Refusals of the fulfillment slice as GraphQL types."""

from datetime import datetime

import strawberry

from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error


@user_error(ErrorCode.PICKUP_CODE_INVALID, "This is not the pickup's code; the attempt was counted.")
class PickupCodeInvalidError(UserError):
    """Ask the shopper to look again."""

    remaining_attempts: int = strawberry.field(description="How many more codes may be tried before it locks.")


@user_error(ErrorCode.PICKUP_CODE_LOCKED, "Too many wrong codes were tried; staff must unlock the pickup.")
class PickupCodeLockedError(UserError):
    """`pickupCodeUnlock` gives the pickup a new code."""


@user_error(ErrorCode.TOO_MANY_WRONG_CODES, "So many wrong codes were said that none is looked at for a while.")
class TooManyWrongCodesError(UserError):
    """Somebody tries codes, or a device is out of order."""

    retry_at: datetime = strawberry.field(description="From when on codes are looked at again (UTC).")


@user_error(ErrorCode.PICKUP_NOT_EXTENDABLE, "The goods are not kept for longer.")
class PickupNotExtendableError(UserError):
    """Come until then, or ask the shop."""

    hold_until: datetime = strawberry.field(description="Until when the goods are kept (UTC).")


@user_error(
    ErrorCode.PICKUP_CODE_NOT_VERIFIED, "Goods are handed over only within 15 minutes after the code was verified."
)
class PickupCodeNotVerifiedError(UserError):
    """Call `pickupCodeVerify` first."""


@user_error(ErrorCode.PICKUP_STILL_HELD, "The goods are kept for the shopper for longer.")
class PickupStillHeldError(UserError):
    """Wait, or say why it cannot wait."""

    hold_until: datetime = strawberry.field(description="Until when the goods are kept (UTC).")


@user_error(ErrorCode.INVALID_CARRIER_CODE, "The carrier cannot have given out this number.")
class InvalidCarrierCodeError(UserError):
    """Look at what the carrier said again."""

    digits: int | None = strawberry.field(
        description="How many digits it has at this network; null: that is not what is wrong, or not known."
    )


@user_error(ErrorCode.TRACKING_NUMBER_USED, "The carrier's tracking number belongs to another shipment.")
class TrackingNumberUsedError(UserError):
    """Look at the label again."""


@user_error(ErrorCode.WORK_TAKEN, "The work is somebody else's.")
class WorkTakenError(UserError):
    """`workAssign` gives it to another."""

    assignee: str = strawberry.field(description="Whose it is.")


@user_error(ErrorCode.WORK_ON_HOLD, "The work on these goods is on hold.")
class WorkOnHoldError(UserError):
    """`workRelease` lets it go on."""

    hold_reason: str = strawberry.field(description="Why.")


@user_error(ErrorCode.WORK_LISTED, "The work is in a pick list already.")
class WorkListedError(UserError):
    """`workMerge` takes it out of there; `pickListCancel` frees all of that list's."""

    pick_list: str = strawberry.field(description="The list's number.")
