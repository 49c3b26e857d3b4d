"""The life of a pickup."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.kit.errors import InvalidTransition

PARTNER_MODES: Final = frozenset({"CONVENIENCE_STORE_PICKUP", "LOCKER_PICKUP"})
# A shopper who comes on the last evening, or the morning after, is not turned away.
EXPIRY_GRACE: Final = timedelta(days=1)


class PickupStatus(StrEnum):
    """How far a pickup has come."""

    REQUESTED = "REQUESTED"
    PREPARING = "PREPARING"
    IN_TRANSIT_TO_POINT = "IN_TRANSIT_TO_POINT"
    READY = "READY"
    COLLECTED = "COLLECTED"
    EXPIRED = "EXPIRED"
    CANCELED = "CANCELED"


class PickupExpiryReason(StrEnum):
    """Why a pickup is given up."""

    HOLD_ENDED = "HOLD_ENDED"
    POINT_FAULT = "POINT_FAULT"
    DAMAGED = "DAMAGED"
    BUYER_DECLINED = "BUYER_DECLINED"


PICKUP_STEPS: Final[Mapping[PickupStatus, frozenset[PickupStatus]]] = {
    PickupStatus.REQUESTED: frozenset(
        {PickupStatus.PREPARING, PickupStatus.IN_TRANSIT_TO_POINT, PickupStatus.CANCELED}
    ),
    # Back to REQUESTED: units that were missing at the store are on their way to it.
    PickupStatus.PREPARING: frozenset(
        {PickupStatus.REQUESTED, PickupStatus.READY, PickupStatus.IN_TRANSIT_TO_POINT, PickupStatus.CANCELED}
    ),
    PickupStatus.IN_TRANSIT_TO_POINT: frozenset({PickupStatus.READY}),
    PickupStatus.READY: frozenset({PickupStatus.COLLECTED, PickupStatus.EXPIRED, PickupStatus.CANCELED}),
    PickupStatus.COLLECTED: frozenset(),
    PickupStatus.EXPIRED: frozenset(),
    PickupStatus.CANCELED: frozenset(),
}


def next_pickup_status(current: str, wanted: PickupStatus) -> PickupStatus:
    """`wanted` when it may follow `current`. Raises InvalidTransition otherwise."""
    if wanted not in PICKUP_STEPS[PickupStatus(current)]:
        message = f"A pickup that is {current} cannot become {wanted}."
        raise InvalidTransition(message, current_status=current)
    return wanted


def may_expire(reason: PickupExpiryReason, hold_until: datetime, now: datetime) -> bool:
    """Whether a pickup that is kept until `hold_until` may be given up: then, or at once for a reason of its own."""
    return reason is not PickupExpiryReason.HOLD_ENDED or now >= hold_until


def hold_until(ready_at: datetime, hold_days: int) -> datetime:
    """Until when a pickup that became ready at `ready_at` is kept for the shopper."""
    return ready_at + timedelta(days=hold_days)
