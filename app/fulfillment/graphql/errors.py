"""Refusals of the fulfillment slice as GraphQL types."""

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


@user_error(ErrorCode.PICKUP_CODE_NOT_VERIFIED, "Goods are handed over only after the code was verified.")
class PickupCodeNotVerifiedError(UserError):
    """Call `pickupCodeVerify` first."""


@user_error(ErrorCode.TRACKING_NUMBER_USED, "The carrier's tracking number belongs to another shipment.")
class TrackingNumberUsedError(UserError):
    """Look at the label again."""
