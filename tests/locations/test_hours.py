"""Opening hours on the clocks of the place."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.kit.errors import InvalidInput
from app.locations.model import check_hours, is_open, openings

TOKYO = ZoneInfo("Asia/Tokyo")
SHOP = {"mon": [["10:00", "13:00"], ["14:00", "20:00"]], "fri": [["18:00", "26:30"]]}


def tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026: the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (tokyo(2, 9, 59), False),
        (tokyo(2, 10), True),
        (tokyo(2, 13), False),  # the closing minute is closed
        (tokyo(2, 14), True),
        (tokyo(2, 19, 59), True),
        (tokyo(2, 20), False),
        (tokyo(3, 12), False),  # a day that is left out
        (tokyo(6, 23), True),
        (tokyo(7, 2, 29), True),  # Saturday, still Friday's evening
        (tokyo(7, 2, 30), False),
        (datetime(2026, 11, 2, 1, 0, tzinfo=UTC), True),  # ten in the morning in Tokyo
        (datetime(2026, 11, 1, 23, 0, tzinfo=UTC), False),
    ],
)
def test_open_or_closed(at: datetime, *, expected: bool) -> None:
    assert is_open(SHOP, "Asia/Tokyo", at) is expected


def test_no_hours_at_all_mean_always_open() -> None:
    assert is_open({}, "Asia/Tokyo", tokyo(3, 3))


@pytest.mark.parametrize("hours", [{}, SHOP, {"sun": []}, {"sat": [["00:00", "24:00"]]}, {"sat": [["22:00", "30:00"]]}])
def test_hours_that_are_right(hours: dict[str, list[list[str]]]) -> None:
    check_hours(hours)


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ({"monday": []}, "'monday' is no day"),
        ({"mon": [["10:00"]]}, "two times"),
        ({"mon": [["10:00", "25:61"]]}, "'25:61' is no time of day"),
        ({"mon": [["9:00", "10:00"]]}, "'9:00' is no time of day"),
        ({"mon": [["10:00", "10:00"]]}, "ascend"),
        ({"mon": [["14:00", "20:00"], ["10:00", "13:00"]]}, "ascend"),
        ({"mon": [["10:00", "14:00"], ["13:00", "20:00"]]}, "ascend"),
        ({"mon": [["24:00", "26:00"]]}, "the day after mon"),
        ({"mon": [["22:00", "30:01"]]}, "end by 30:00"),
    ],
)
def test_hours_that_are_refused(hours: dict[str, list[list[str]]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check_hours(hours)


def test_openings_follow_one_another_in_utc() -> None:
    found = openings(SHOP, "Asia/Tokyo", tokyo(7, 1), days=3)  # in the night after Friday, until Monday
    assert [(opening.day.day, opening.opens, opening.closes) for opening in found] == [
        (6, tokyo(6, 18), tokyo(7, 2, 30)),
        (9, tokyo(9, 10), tokyo(9, 13)),
        (9, tokyo(9, 14), tokyo(9, 20)),
    ]
    assert {opening.opens.tzinfo for opening in found} == {UTC}


def test_a_place_that_is_always_open_changes_days_at_midnight() -> None:
    [today, tomorrow] = openings({}, "Asia/Tokyo", tokyo(7, 1), days=2)
    assert (today.opens, today.closes, tomorrow.closes) == (tokyo(7, 0), tokyo(8, 0), tokyo(9, 0))
