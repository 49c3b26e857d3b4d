"""The life of a pickup: at an own store, whose people take each step, and at a point that parcels are sent to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app.fulfillment.model.carrier_codes import CarrierCodes
from app.kit.machine import Machine
from app.locations.model.hours import Hours, openings

# Where a parcel brings the goods, whoever runs the point.
POINT_MODES: Final = frozenset({"CONVENIENCE_STORE_PICKUP", "LOCKER_PICKUP", "CARRIER_OFFICE_PICKUP"})
# A shopper who comes on the last evening, or the morning after, is not turned away.
EXPIRY_GRACE: Final = timedelta(days=1)
# How long before the end the shopper is reminded.
REMINDER_LEAD: Final = timedelta(days=1)
LONGEST_HOLD: Final = timedelta(days=60)


class PickupStatus(StrEnum):
    """How far a pickup has come."""

    REQUESTED = "REQUESTED"
    PREPARING = "PREPARING"
    IN_TRANSIT_TO_POINT = "IN_TRANSIT_TO_POINT"
    ARRIVED = "ARRIVED"
    READY = "READY"
    EXPIRING = "EXPIRING"
    COLLECTED = "COLLECTED"
    EXPIRED = "EXPIRED"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    CANCELED = "CANCELED"


class PickupStep(StrEnum):
    """What can happen to a pickup."""

    PREPARE = "PREPARE"
    WAIT = "WAIT"
    MAKE_READY = "MAKE_READY"
    SEND = "SEND"
    ARRIVE = "ARRIVE"
    BLOCK = "BLOCK"
    TELL_CODE = "TELL_CODE"
    REMIND = "REMIND"
    EXTEND = "EXTEND"
    COLLECT = "COLLECT"
    EXPIRE = "EXPIRE"
    SEND_BACK = "SEND_BACK"
    TAKE_BACK = "TAKE_BACK"
    CANCEL = "CANCEL"


class PickupExpiryReason(StrEnum):
    """Why a pickup is given up."""

    HOLD_ENDED = "HOLD_ENDED"
    POINT_FAULT = "POINT_FAULT"
    DAMAGED = "DAMAGED"
    BUYER_DECLINED = "BUYER_DECLINED"
    NOT_ACCEPTED = "NOT_ACCEPTED"


_State = PickupStatus
_Step = PickupStep
COLLECTABLE: Final = (_State.READY, _State.EXPIRING)
# What is not over and can still come to an end in the house.
_INSIDE: Final = (_State.REQUESTED, _State.PREPARING)
# Left the house with a parcel, and neither with the buyer nor back. A report may have been lost, or come late: so from
# any of these the goods may turn out to have arrived, to have been collected, or to be on their way back.
AWAY: Final = (
    _State.IN_TRANSIT_TO_POINT,
    _State.ARRIVED,
    _State.READY,
    _State.EXPIRING,
    _State.EXPIRED,
    _State.RETURNING,
)
_ELSEWHERE: Final = (_State.IN_TRANSIT_TO_POINT, _State.EXPIRED, _State.RETURNING)
_REMIND: Final = {_State.READY: (_State.EXPIRING,)}

STORE_PICKUP: Final = Machine(
    "pickup",
    (_State.REQUESTED,),
    {
        _Step.PREPARE: {_State.REQUESTED: (_State.PREPARING,)},
        # Units that were missing at the store are on their way to it.
        _Step.WAIT: {_State.PREPARING: (_State.REQUESTED,)},
        _Step.MAKE_READY: {_State.PREPARING: (_State.READY,)},
        _Step.REMIND: _REMIND,
        _Step.EXTEND: dict.fromkeys(COLLECTABLE, (_State.READY,)),
        _Step.COLLECT: dict.fromkeys(COLLECTABLE, (_State.COLLECTED,)),
        _Step.EXPIRE: dict.fromkeys(COLLECTABLE, (_State.EXPIRED,)),
        _Step.CANCEL: dict.fromkeys((*_INSIDE, *COLLECTABLE), (_State.CANCELED,)),
    },
)
POINT_PICKUP: Final = Machine(
    "pickup at a point",
    (_State.REQUESTED,),
    {
        _Step.PREPARE: {_State.REQUESTED: (_State.PREPARING,)},
        _Step.WAIT: {_State.PREPARING: (_State.REQUESTED,)},
        _Step.SEND: dict.fromkeys(_INSIDE, (_State.IN_TRANSIT_TO_POINT,)),
        _Step.ARRIVE: {
            **dict.fromkeys(_ELSEWHERE, (_State.ARRIVED,)),
            **{state: (state,) for state in (_State.ARRIVED, *COLLECTABLE)},
        },
        _Step.MAKE_READY: {
            **dict.fromkeys((*_ELSEWHERE, _State.ARRIVED), (_State.READY,)),
            **{state: (state,) for state in COLLECTABLE},
        },
        _Step.BLOCK: dict.fromkeys((_State.IN_TRANSIT_TO_POINT, _State.ARRIVED, *COLLECTABLE), (_State.ARRIVED,)),
        # What the buyer collects with is known, for the first time or another. It moves nothing by itself.
        _Step.TELL_CODE: {state: (state,) for state in AWAY},
        _Step.REMIND: _REMIND,
        _Step.EXTEND: {_State.ARRIVED: (_State.ARRIVED,), **dict.fromkeys(COLLECTABLE, (_State.READY,))},
        _Step.COLLECT: dict.fromkeys(AWAY, (_State.COLLECTED,)),
        _Step.EXPIRE: dict.fromkeys((_State.IN_TRANSIT_TO_POINT, _State.ARRIVED, *COLLECTABLE), (_State.EXPIRED,)),
        _Step.SEND_BACK: dict.fromkeys(
            (_State.IN_TRANSIT_TO_POINT, _State.ARRIVED, *COLLECTABLE, _State.EXPIRED), (_State.RETURNING,)
        ),
        _Step.TAKE_BACK: dict.fromkeys(AWAY, (_State.RETURNED,)),
        _Step.CANCEL: dict.fromkeys(_INSIDE, (_State.CANCELED,)),
    },
)


@dataclass(frozen=True, slots=True)
class PickupState:
    """What a pickup is, and since when. Instants are UTC.

    reason: why it is blocked, expired or on its way back. compartment: of a locker, as the point names it. is_inside:
    goods that nobody can get at, or that were given up, had been put in before; refused_at: when they could
    not be put in, the last time. slip_number and sealed_number: what the carrier gave out to collect with, the second
    one its authentication number, sealed. Both follow from the reports and are kept nowhere.
    """

    status: PickupStatus
    arrived_at: datetime | None = None
    ready_at: datetime | None = None
    hold_until: datetime | None = None
    collected_at: datetime | None = None
    expired_at: datetime | None = None
    returning_at: datetime | None = None
    returned_at: datetime | None = None
    reason: str | None = None
    compartment: str | None = None
    return_tracking_number: str | None = None
    slip_number: str | None = None
    sealed_number: bytes | None = field(default=None, repr=False)
    is_inside: bool = field(default=False, compare=False)
    refused_at: datetime | None = field(default=None, compare=False)


def machine_of(mode: str) -> Machine[PickupStatus, PickupStep]:
    """The life of a pickup of a delivery mode."""
    return POINT_PICKUP if mode in POINT_MODES else STORE_PICKUP


def may_expire(reason: PickupExpiryReason, hold_until: datetime, now: datetime) -> bool:
    """Whether a pickup that is kept until `hold_until` may be given up: then, or at once for a reason of its own."""
    return reason is not PickupExpiryReason.HOLD_ENDED or now >= hold_until


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """For how long a place keeps goods, and how its shoppers prove who they are.

    Days of a network are days of the calendar at the place, counted from the day of arrival or the one after it. The
    last one ends when the place closes, by `hours`, or at midnight without any. Other places keep goods for so many
    times 24 hours. extension_days: by how many days the end can be moved, once; 0: not at all. asks_own_code: the
    carrier makes what is shown there; codes: what its numbers look like.
    """

    hold_days: int
    timezone: str = "Asia/Tokyo"
    has_network: bool = False
    counts_from_next_day: bool = False
    hours: Hours = field(default_factory=dict[str, Sequence[Sequence[str]]])
    extension_days: int = 3
    asks_own_code: bool = False
    codes: CarrierCodes = field(default_factory=CarrierCodes)

    @property
    def is_ready_on_arrival(self) -> bool:
        """Whether goods can be collected as soon as they are there, without another word of the carrier."""
        return not self.asks_own_code or self.codes.authentication_digits == 0

    def hold_until(self, ready_at: datetime) -> datetime:
        """Until when goods that became ready at `ready_at` are kept (UTC)."""
        if not self.has_network:
            return ready_at + timedelta(days=self.hold_days)
        first = ready_at.astimezone(ZoneInfo(self.timezone)).date()
        return self._end_of(first + timedelta(days=self.hold_days - 1 + self.counts_from_next_day), ready_at)

    def extended(self, hold_until: datetime) -> datetime:
        """The end, moved by `extension_days` (UTC)."""
        if not self.has_network:
            return hold_until + timedelta(days=self.extension_days)
        last = (hold_until - timedelta(microseconds=1)).astimezone(ZoneInfo(self.timezone)).date()
        return self._end_of(last + timedelta(days=self.extension_days), hold_until)

    def _end_of(self, day: date, since: datetime) -> datetime:
        """When a day is over on which goods that are there since an instant can be collected (UTC).

        Where the place is closed on it: when it has closed the last time before.
        """
        zone = ZoneInfo(self.timezone)
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        if not self.hours:
            return midnight
        days = (day - since.astimezone(zone).date()).days + 1
        closings = [one.closes for one in openings(self.hours, self.timezone, since, days=days) if one.day <= day]
        return closings[-1] if closings else midnight


def is_over(status: str) -> bool:
    """Whether nothing can happen to the pickup any more."""
    return status in _OVER


_OVER: Final = frozenset({_State.COLLECTED, _State.RETURNED, _State.CANCELED})
