"""When slots are, by the clocks of the store: also when they skip an hour or show one twice."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.capacity.model.slots import SlotBoard, SlotPlan, SlotReason, Window, at, check_windows
from app.kit.errors import InvalidInput
from app.locations.model import Weekday
from tests.capacity.slots import TEN, TUESDAY, TWELVE, starts, week
from tests.conftest import NOW

SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
DAY = timedelta(days=1)


def plan(capacity: int = 2, **rules: object) -> SlotPlan:
    given = {"lead_minutes": 60, "week": week(capacity), **rules}
    return SlotPlan(1, given.pop("week"), **given)  # type: ignore[arg-type]


def board(own: SlotPlan, **booked: int) -> SlotBoard:
    return SlotBoard({1: own}, {(1, {"ten": TEN, "twelve": TWELVE}[name]): units for name, units in booked.items()})


def local(own: SlotPlan, day: date) -> list[tuple[str, str]]:
    zone = ZoneInfo(own.timezone)
    return [
        (f"{slot.begins.astimezone(zone):%H:%M%z}", f"{slot.ends.astimezone(zone):%H:%M%z}")
        for slot in own.slots_of(day)
    ]


def new_york(*windows: tuple[str, str]) -> SlotPlan:
    return plan(week=week(1, windows), timezone="America/New_York")


@pytest.mark.parametrize(
    ("windows", "found"),
    [
        # The clocks go from 02:00 to 03:00.
        (
            [("01:00", "02:00"), ("02:00", "03:00"), ("03:00", "04:00")],
            [("01:00-0500", "03:00-0400"), ("03:00-0400", "04:00-0400")],
        ),
        ([("01:30", "02:30"), ("02:30", "03:30")], [("01:30-0500", "03:00-0400"), ("03:00-0400", "03:30-0400")]),
        ([("02:15", "02:45")], []),
        ([("00:30", "05:00")], [("00:30-0500", "05:00-0400")]),
    ],
)
def test_an_hour_that_the_clocks_skip(windows: Sequence[tuple[str, str]], found: Sequence[tuple[str, str]]) -> None:
    assert local(new_york(*windows), SPRING) == list(found)


def test_an_hour_that_the_clocks_show_twice() -> None:
    own = new_york(("00:00", "01:00"), ("01:00", "01:30"), ("01:30", "03:00"))
    # Each minute is in one slot: the hour that comes again is in the last one.
    assert local(own, AUTUMN) == [
        ("00:00-0400", "01:00-0400"),
        ("01:00-0400", "01:30-0400"),
        ("01:30-0400", "03:00-0500"),
    ]
    slots = own.slots_of(AUTUMN)
    assert [slot.ends - slot.begins for slot in slots] == [
        timedelta(hours=1),
        timedelta(minutes=30),
        timedelta(hours=2.5),
    ]
    assert [own.slot_at(slot.begins) for slot in slots] == slots
    assert own.slot_at(datetime(2027, 11, 7, 6, 30, tzinfo=UTC)) is None


def test_every_day_of_two_years_has_slots_that_neither_overlap_nor_are_lost() -> None:
    own = plan(week=week(1, [("00:00", "01:30"), ("01:30", "02:30"), ("02:30", "24:00")]), timezone="Europe/Berlin")
    day, before, total = date(2026, 1, 1), None, timedelta()
    while day < date(2028, 1, 1):
        for slot in own.slots_of(day):
            assert before is None or slot.begins == before
            before = slot.ends
            total += slot.ends - slot.begins
            assert own.slot_at(slot.begins) == slot
        day += DAY
    assert total == timedelta(days=730)


def test_a_slot_may_end_in_the_next_morning() -> None:
    own = plan(week={Weekday.SATURDAY: [Window("23:00", "25:30", 1)]})
    assert [slot.begins.isoformat() for slot in own.slots(NOW, NOW)] == [
        "2026-11-28T14:00:00+00:00",
        "2026-12-05T14:00:00+00:00",
    ]
    assert own.slots_of(date(2026, 11, 28))[0].ends == datetime(2026, 11, 28, 16, 30, tzinfo=UTC)
    assert at(date(2026, 11, 28), "24:00", "Asia/Tokyo") == datetime(2026, 11, 28, 15, 0, tzinfo=UTC)


def test_dates_stand_in_place_of_their_weekdays() -> None:
    own = plan(days={date(2026, 11, 23): (), date(2026, 11, 24): [Window("11:00", "12:00", 9)]})
    assert own.slots_of(date(2026, 11, 23)) == []
    assert [(slot.begins, slot.capacity) for slot in own.slots_of(date(2026, 11, 24))] == [
        (TUESDAY + timedelta(hours=1), 9)
    ]
    looked = board(own)
    assert looked.reason(1, TEN, NOW) is SlotReason.STORE_CLOSED
    assert looked.reason(1, TUESDAY, NOW) is SlotReason.NO_SUCH_SLOT


def test_the_store_needs_its_opening_time_before_a_slot() -> None:
    hours = {day: [["10:00", "20:00"]] for day in Weekday}
    own = plan(hours=hours, lead_minutes=120)
    evening = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)  # 19:00: an hour is left, the other one is on Monday.
    assert own.earliest(evening) == TEN + timedelta(hours=1)
    assert starts(board(own).open_slots(1, evening, 2)) == [TWELVE, TUESDAY]
    assert own.earliest(evening - timedelta(hours=1)) == evening + timedelta(hours=1)
    assert starts(board(own).open_slots(1, evening - timedelta(hours=1), 1)) == [TEN]
    assert board(own).reason(1, TEN, evening) is SlotReason.TOO_LATE
    never = plan(hours={"mon": [["10:00", "10:30"]]}, lead_minutes=120)
    assert never.earliest(NOW) is None
    assert board(never).reason(1, TUESDAY + DAY * 7, NOW) is SlotReason.TOO_LATE
    assert board(never).open_slots(1, NOW, 1) == []


def test_what_can_be_had() -> None:
    own = plan(days_ahead=2)
    looked = board(own, ten=2, twelve=1)
    assert looked.reason(1, TEN, NOW) is SlotReason.FULL
    assert looked.reason(1, TWELVE, NOW) is None
    assert looked.reason(2, TWELVE, NOW) is SlotReason.NO_SLOTS_HERE
    assert board(plan(week={})).reason(1, TWELVE, NOW) is SlotReason.NO_SLOTS_HERE
    assert looked.reason(1, TEN + timedelta(minutes=1), NOW) is SlotReason.NO_SUCH_SLOT
    assert looked.reason(1, TUESDAY, NOW) is None
    assert looked.reason(1, TUESDAY + DAY, NOW) is SlotReason.TOO_FAR_AHEAD
    # The lead ends when the slot begins, not after it.
    assert looked.reason(1, TWELVE, TWELVE - timedelta(minutes=60)) is None
    assert looked.reason(1, TWELVE, TWELVE - timedelta(minutes=59)) is SlotReason.TOO_LATE
    assert looked.reason(1, TWELVE, TWELVE - timedelta(minutes=59), is_prepared=True) is None
    assert looked.reason(1, TWELVE, TWELVE + timedelta(seconds=1), is_prepared=True) is SlotReason.TOO_LATE
    assert looked.reason(1, TWELVE, NOW, ready=TWELVE) is None
    assert looked.reason(1, TWELVE, NOW, ready=TUESDAY) is SlotReason.GOODS_NOT_READY
    assert [(one.slot.begins, one.left) for one in looked.open_slots(1, NOW, 3)] == [
        (TWELVE, 1),
        (TUESDAY, 2),
        (TUESDAY + timedelta(hours=2), 2),
    ]
    assert [(one.slot.begins, one.left) for one in looked.open_slots(1, NOW, 1, with_full=True)] == [(TEN, 0)]
    assert starts(looked.open_slots(1, NOW, 9, until=TUESDAY)) == [TWELVE]
    assert starts(looked.open_slots(1, NOW, 1, since=TUESDAY)) == [TUESDAY]


def test_goods_from_elsewhere_are_there_on_a_later_day() -> None:
    assert plan(transfer_days=3).transferred(NOW) == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert plan(transfer_days=0).transferred(NOW) < NOW


@pytest.mark.parametrize(
    "windows",
    [
        [Window("10:00", "10:00", 1)],
        [Window("12:00", "10:00", 1)],
        [Window("10:00", "12:00", 1), Window("11:59", "13:00", 1)],
        [Window("12:00", "13:00", 1), Window("10:00", "11:00", 1)],
        [Window("24:00", "25:00", 1)],
        [Window("23:00", "30:01", 1)],
        [Window("1:00", "02:00", 1)],
        [Window("10:00", "12:00", 0)],
        [Window("10:00", "12:00", 10_001)],
        [Window(f"{number // 2:02}:{number % 2 * 30:02}", "24:00", 1) for number in range(49)],
    ],
)
def test_windows_that_cannot_be(windows: list[Window]) -> None:
    with pytest.raises(InvalidInput):
        check_windows(windows)


def test_windows_of_a_day_may_touch() -> None:
    check_windows([Window("10:00", "12:00", 1), Window("12:00", "30:00", 10_000)])
