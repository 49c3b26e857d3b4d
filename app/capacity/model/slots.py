"""Pickup slots: times at which a store can hand over so many orders. Pure.

A slot is known by its store and the instant at which it begins. Which slots there are follows from the store's plan;
how many orders each has, from the counters.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from app.kit.errors import InvalidInput
from app.locations.model import Hours, Weekday, check_hours, when_open_for
from app.locations.model.hours import DAY_MINUTES, DAYS, minutes

MAX_WINDOWS: Final = 48
MAX_CAPACITY: Final = 10_000
MAX_LEAD_MINUTES: Final = 2 * DAY_MINUTES
MAX_TRANSFER_DAYS: Final = 30
MAX_DAYS_AHEAD: Final = 90
# So many other slots are named beside a refusal.
NAMED: Final = 3
_MINUTE: Final = timedelta(minutes=1)

# A slot's name: the store and the instant at which it begins (UTC).
SlotKey: TypeAlias = tuple[int, datetime]


class SlotState(StrEnum):
    """What became of a booked slot."""

    BOOKED = "BOOKED"
    RELEASED = "RELEASED"


class SlotReason(StrEnum):
    """Why a slot cannot be had."""

    FULL = "FULL"
    NO_SLOTS_HERE = "NO_SLOTS_HERE"
    NO_SUCH_SLOT = "NO_SUCH_SLOT"
    STORE_CLOSED = "STORE_CLOSED"
    TOO_LATE = "TOO_LATE"
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"
    GOODS_NOT_READY = "GOODS_NOT_READY"
    HOLD_ENDS = "HOLD_ENDS"


MESSAGES: Final[Mapping[SlotReason, str]] = {
    SlotReason.FULL: "The pickup slot is full.",
    SlotReason.NO_SLOTS_HERE: "This place has no pickup slots.",
    SlotReason.NO_SUCH_SLOT: "No pickup slot of this place begins then.",
    SlotReason.STORE_CLOSED: "The store hands nothing over on this day.",
    SlotReason.TOO_LATE: "It is too late for this pickup slot.",
    SlotReason.TOO_FAR_AHEAD: "This pickup slot cannot be booked yet.",
    SlotReason.GOODS_NOT_READY: "The goods cannot be at the store before this pickup slot begins.",
    SlotReason.HOLD_ENDS: "The goods are not kept until this pickup slot. Extend the pickup first.",
}


class Window(NamedTuple):
    """A slot of any such day: HH:MM on the clocks of the place, past midnight up to 30:00, and places for orders."""

    begins: str
    ends: str
    capacity: int


class Slot(NamedTuple):
    """A slot of one day, between two instants (UTC)."""

    location_id: int
    begins: datetime
    ends: datetime
    capacity: int


class OpenSlot(NamedTuple):
    """A slot and how many orders it still takes."""

    slot: Slot
    left: int


@dataclass(frozen=True, slots=True)
class SlotWish:
    """One delivery of an order that is to be collected in the slot of a store that begins then (UTC)."""

    delivery_id: UUID
    order_id: UUID
    location_id: int
    begins: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """When a store hands over, and how many orders at a time.

    days: dates with windows of their own; none: closed. lead_minutes: of opening time that has to pass between booking
    and slot. transfer_days: after how many days goods from elsewhere are there. days_ahead: how far ahead slots can be
    booked, in days of the calendar. is_required: whether a pickup needs a slot. timezone, hours: of the store, which
    prepares goods while it is open.
    """

    location_id: int
    week: Mapping[Weekday, Sequence[Window]]
    days: Mapping[date, Sequence[Window]] = field(default_factory=dict[date, Sequence[Window]])
    lead_minutes: int = 120
    transfer_days: int = 3
    days_ahead: int = 14
    is_required: bool = True
    timezone: str = "Asia/Tokyo"
    hours: Hours = field(default_factory=dict[str, Sequence[Sequence[str]]])

    @property
    def is_on(self) -> bool:
        """Whether there are slots at all."""
        return any(self.week.values()) or any(self.days.values())

    def slots_of(self, day: date) -> list[Slot]:
        """The slots of a day of the store, in order. What the clocks skip is left out."""
        windows = self.days[day] if day in self.days else self.week.get(DAYS[day.weekday()], ())
        slots = (
            Slot(self.location_id, at(day, one.begins, self.timezone), at(day, one.ends, self.timezone), one.capacity)
            for one in windows
        )
        return [slot for slot in slots if slot.begins < slot.ends]

    def slot_at(self, begins: datetime) -> Slot | None:
        """The slot that begins at an instant."""
        return next((slot for slot in self.slots_of(self._day(begins)) if slot.begins == begins), None)

    def slots(self, since: datetime, now: datetime) -> Iterator[Slot]:
        """All slots that begin from `since` on and can be booked so far ahead, in order."""
        return self._slots(since, self._day(now) + timedelta(days=self.days_ahead))

    def slots_between(self, since: datetime, until: datetime) -> Iterator[Slot]:
        """All slots that begin from `since` on and before `until`, in order."""
        return (slot for slot in self._slots(since, self._day(until)) if slot.begins < until)

    def _slots(self, since: datetime, last: date) -> Iterator[Slot]:
        day = self._day(since)
        while day <= last:
            yield from (slot for slot in self.slots_of(day) if slot.begins >= since)
            day += timedelta(days=1)

    def earliest(self, now: datetime) -> datetime | None:
        """From when on goods that lie in the store are ready; None when nobody opens within two weeks."""
        return when_open_for(self.hours, self.timezone, now, timedelta(minutes=self.lead_minutes))

    def transferred(self, now: datetime) -> datetime:
        """From when on goods that have to come from elsewhere are there: the beginning of a day (UTC)."""
        return at(self._day(now) + timedelta(days=self.transfer_days), "00:00", self.timezone)

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.timezone)).date()


@dataclass(slots=True)
class SlotBoard:
    """Plans by location id, and how many orders their slots have."""

    plans: Mapping[int, SlotPlan] = field(default_factory=dict[int, SlotPlan])
    booked: dict[SlotKey, int] = field(default_factory=dict[SlotKey, int])

    def left(self, slot: Slot) -> int:
        """How many orders it still takes."""
        return max(slot.capacity - self.booked.get((slot.location_id, slot.begins), 0), 0)

    def reason(
        self,
        location_id: int,
        begins: datetime,
        now: datetime,
        *,
        ready: datetime | None = None,
        is_prepared: bool = False,
    ) -> SlotReason | None:
        """Why the slot cannot be had by an order of `now`; None when it can.

        ready: from when on its goods are there, if that is later than they can be prepared. is_prepared: they are.
        """
        plan = self.plans.get(location_id)
        if plan is None or not plan.is_on:
            return SlotReason.NO_SLOTS_HERE
        slot = plan.slot_at(begins)
        if slot is None:
            day = begins.astimezone(ZoneInfo(plan.timezone)).date()
            is_closed = day in plan.days and not plan.days[day]
            return SlotReason.STORE_CLOSED if is_closed else SlotReason.NO_SUCH_SLOT
        earliest = now if is_prepared else plan.earliest(now)
        if earliest is None or begins < earliest:
            return SlotReason.TOO_LATE
        if ready is not None and begins < ready:
            return SlotReason.GOODS_NOT_READY
        if not any(one.begins == begins for one in plan.slots(begins, now)):
            return SlotReason.TOO_FAR_AHEAD
        return None if self.left(slot) else SlotReason.FULL

    def open_slots(
        self,
        location_id: int,
        now: datetime,
        first: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        with_full: bool = False,
        is_prepared: bool = False,
    ) -> list[OpenSlot]:
        """The `first` next slots that an order of `now` can have, from `since` on and ended by `until`.

        with_full: also those that it could have if they were not full.
        """
        plan = self.plans.get(location_id)
        earliest = now if is_prepared else None if plan is None else plan.earliest(now)
        if plan is None or earliest is None:
            return []
        found: list[OpenSlot] = []
        for slot in plan.slots(earliest if since is None else max(since, earliest), now):
            left = self.left(slot)
            if (left or with_full) and (until is None or slot.ends <= until):
                found.append(OpenSlot(slot, left))
            if len(found) == first:
                break
        return found


def check_windows(windows: Sequence[Window], day: Weekday = Weekday.MONDAY) -> None:
    """Raise InvalidInput unless the windows of a day ascend, do not overlap and hold orders."""
    if len(windows) > MAX_WINDOWS:
        message = f"A day has up to {MAX_WINDOWS} slots."
        raise InvalidInput(message)
    for one in windows:
        check_hours({day: [[one.begins, one.ends]]})
    if any(minutes(later.begins) < minutes(earlier.ends) for earlier, later in pairwise(windows)):
        message = "The slots of a day ascend and do not overlap."
        raise InvalidInput(message)
    for one in windows:
        if not 1 <= one.capacity <= MAX_CAPACITY:
            message = f"A slot takes 1 to {MAX_CAPACITY} orders."
            raise InvalidInput(message)


@lru_cache(maxsize=4096)
def at(day: date, clock: str, timezone: str) -> datetime:
    """The instant (UTC) at which the clocks of a place show HH:MM of a day, which may be past midnight.

    Of a time that they show twice, the first one; of one that they skip, the one at which they go on.
    """
    days, minute = divmod(minutes(clock), DAY_MINUTES)
    zone = ZoneInfo(timezone)
    wall = datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60)))
    while True:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            return instant
        wall += _MINUTE


def keys_of(wishes: Collection[SlotWish]) -> list[SlotKey]:
    """The slots that are wanted, each once."""
    return sorted({(wish.location_id, wish.begins) for wish in wishes})
