"""Units by the day on which they can be sold. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from app.kit.errors import InvalidInput

# Japan knows one time and no summer time.
JAPAN: Final = timezone(timedelta(hours=9), "JST")


class AvailabilityMode(StrEnum):
    """Which units count: those that can leave now, or also those that are expected."""

    FULFILLABLE_NOW = "FULFILLABLE_NOW"
    PROMISABLE = "PROMISABLE"


@dataclass(frozen=True, slots=True)
class Promise:
    """Units that can be sold from this day (of Japan) on, on top of those of earlier days."""

    day: date
    quantity: int


def day_in_japan(instant: datetime) -> date:
    """The day that it is in Japan."""
    return instant.astimezone(JAPAN).date()


def check_day_to_come(expected_at: datetime | None, now: datetime) -> None:
    """Raises InvalidInput for an instant of arrival on a day that has passed in Japan: nobody could be promised it."""
    if expected_at is not None:
        check_date_to_come(day_in_japan(expected_at), now, "expectedAt")


def check_date_to_come(day: date | None, now: datetime, *path: str) -> None:
    """Raises InvalidInput, pointing at `path` of the input, for a day that has passed in Japan."""
    if day is not None and day < day_in_japan(now):
        message = f"{day} has passed. Units arrive today or later."
        raise InvalidInput(message, path=["input", *path])


def promises_of(free: int, incoming: Iterable[tuple[date, int]], *, today: date) -> list[Promise]:
    """What can be sold from when on: what is there today, then what each day brings.

    free: units on hand that are neither promised nor kept off sale; below zero, what is expected fills that first.
    incoming: (day, units) in order of days, none before today. All promises together are what can be promised at all.
    """
    found = [Promise(today, free)] if free > 0 else []
    balance = free
    for day, units in incoming:
        gained = max(balance + units, 0) - max(balance, 0)
        balance += units
        if gained > 0:
            found.append(Promise(day, gained))
    return merged(found)


def merged(promises: Iterable[Promise]) -> list[Promise]:
    """The same units, one promise a day, in order of days."""
    units: dict[date, int] = {}
    for promise in promises:
        units[promise.day] = units.get(promise.day, 0) + promise.quantity
    return [Promise(day, units[day]) for day in sorted(units)]
