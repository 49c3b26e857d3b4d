"""Opening hours, as the clocks at the location show them."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from app.kit.errors import InvalidInput


class Weekday(StrEnum):
    """Days as the keys of stored hours, in the order of `datetime.weekday`."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


DAYS: Final = tuple(Weekday)
DAY_MINUTES: Final = 24 * 60
# "26:00" is two at night, as Japanese shops write it; a day's hours may run on until six in the next morning.
LATEST_MINUTES: Final = 30 * 60
_CLOCK: Final = re.compile(r"([0-9]{2}):([0-5][0-9])", re.ASCII)

# {"mon": [["10:00", "20:00"]], …}. A day that is left out is closed; no day at all means always open.
Hours: TypeAlias = Mapping[str, Sequence[Sequence[str]]]


def minutes(clock: str) -> int:
    """Minutes after midnight of `HH:MM`. Raises InvalidInput."""
    match = _CLOCK.fullmatch(clock)
    if match is None:
        message = f"{clock!r} is no time of day like 09:30."
        raise InvalidInput(message)
    return int(match[1]) * 60 + int(match[2])


def check_hours(hours: Hours) -> None:
    """Raise InvalidInput unless each day has ascending ranges that do not overlap and end by 30:00."""
    for day, ranges in hours.items():
        if day not in DAYS:
            message = f"{day!r} is no day; days are {', '.join(DAYS)}."
            raise InvalidInput(message)
        bounds: list[int] = []
        for opens_and_closes in ranges:
            if len(opens_and_closes) != 2:  # noqa: PLR2004  # from and to
                message = f"Each range of {day} has two times, when it opens and when it closes."
                raise InvalidInput(message)
            bounds += [minutes(clock) for clock in opens_and_closes]
            if bounds[-2] >= DAY_MINUTES:
                message = f"{opens_and_closes[0]} is on the day after {day}."
                raise InvalidInput(message)
        ascends = all(earlier < later for earlier, later in pairwise(bounds))
        if not ascends or max(bounds, default=0) > LATEST_MINUTES:
            message = f"The times of {day} ascend and end by 30:00."
            raise InvalidInput(message)


def is_open(hours: Hours, timezone: str, at: datetime) -> bool:
    """Whether a place with these hours is open at an instant. `at` carries its own time zone.

    The closing minute itself is closed.
    """
    if not hours:
        return True
    local = at.astimezone(ZoneInfo(timezone))
    minute = local.hour * 60 + local.minute
    yesterday = DAYS[(local - timedelta(days=1)).weekday()]
    return _covers(hours.get(DAYS[local.weekday()], ()), minute) or _covers(
        hours.get(yesterday, ()), minute + DAY_MINUTES
    )


class Opening(NamedTuple):
    """One time for which a place is open: the day whose hours they are, and the instants (UTC)."""

    day: date
    opens: datetime
    closes: datetime


def openings(hours: Hours, timezone: str, since: datetime, *, days: int = 15) -> list[Opening]:
    """When a place with these hours is open from `since` on, for so many days, in order; one that is open at `since`
    comes first. `since` carries its own time zone. A place that is always open closes and opens at midnight.
    """
    zone = ZoneInfo(timezone)
    today = since.astimezone(zone).date()
    found: list[Opening] = []
    for day in (today + timedelta(days=offset) for offset in range(-1, days)):
        ranges = hours.get(DAYS[day.weekday()], ()) if hours else (("00:00", "24:00"),)
        found += [Opening(day, _instant(day, opens, zone), _instant(day, closes, zone)) for opens, closes in ranges]
    return [opening for opening in found if opening.closes > since]


def when_open_for(hours: Hours, timezone: str, since: datetime, left: timedelta) -> datetime | None:
    """When a place with these hours has been open for `left` since `since` (UTC); None where that takes longer than two
    weeks.
    """
    for opening in openings(hours, timezone, since):
        begins = max(opening.opens, since)
        if opening.closes - begins >= left:
            return (begins + left).astimezone(UTC)
        left -= opening.closes - begins
    return None


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    days, minute = divmod(minutes(clock), DAY_MINUTES)
    at = time(*divmod(minute, 60), tzinfo=zone)
    return datetime.combine(day + timedelta(days=days), at).astimezone(UTC)


def _covers(ranges: Sequence[Sequence[str]], minute: int) -> bool:
    return any(minutes(opens) <= minute < minutes(closes) for opens, closes in ranges)
