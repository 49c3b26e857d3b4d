"""Marks of what is sold out: when they are set, when they go, and that none outlives a restock that was heard of."""

from typing import Any

import pytest

from app.inventory.sql.sold_out import COUNTS_FOR_S, SoldOut
from app.kit.listener import Fact
from app.kit.outbox import Position
from tests.inventory.builders import wish

KEY = (7, 1)
REQUEST = wish(7, 1, 1)


class StillFeed:
    """Tells nothing by itself."""

    def listen(self, *given: Any) -> Any:
        self.ended = given[3]
        return self


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed() -> StillFeed:
    return StillFeed()


@pytest.fixture
def marks(clock: Clock, feed: StillFeed) -> SoldOut:
    marks = SoldOut(clock)
    marks.listen(feed)  # type: ignore[arg-type]
    return marks


def level(version: int, on_hand: int, safety: int = 0) -> list[Fact]:
    payload = {"variant_id": 7, "location_id": 1, "on_hand": on_hand, "reserved": 0, "allocated": 0, "safety": safety}
    return [Fact(Position(version, 1), "7:1", payload | {"version": version})]


def seen(marks: SoldOut, version: int) -> None:
    with marks.look() as mark:
        mark({KEY: version})


def test_only_a_newer_level_with_units_takes_a_mark_away(marks: SoldOut) -> None:
    seen(marks, 5)
    assert marks.is_known(REQUEST)
    marks.hear(level(4, 9))  # told late: the reading was newer
    marks.hear(level(5, 9))
    marks.hear(level(6, 0))
    marks.hear(level(7, 3, safety=3))
    assert marks.is_known(REQUEST)
    marks.hear(level(8, 4, safety=3))
    assert not marks.is_known(REQUEST)


@pytest.mark.parametrize(("version", "is_known"), [(4, True), (5, True), (6, False)])
def test_a_restock_that_is_heard_of_during_the_reading_counts(marks: SoldOut, version: int, *, is_known: bool) -> None:
    with marks.look() as mark:
        marks.hear(level(version, 9))
        mark({KEY: 5})
    assert marks.is_known(REQUEST) is is_known


def test_readings_that_overlap_know_what_each_of_them_has_heard(marks: SoldOut) -> None:
    with marks.look() as mark:
        with marks.look():
            marks.hear(level(6, 9))
        mark({KEY: 5})
    assert not marks.is_known(REQUEST)
    # What was heard before a reading began is in it.
    seen(marks, 6)
    assert marks.is_known(REQUEST)


def test_a_mark_counts_from_the_beginning_of_its_reading_and_not_for_long(marks: SoldOut, clock: Clock) -> None:
    with marks.look() as mark:
        clock.now += COUNTS_FOR_S / 2
        mark({KEY: 5})
    clock.now += COUNTS_FOR_S / 2
    assert marks.is_known(REQUEST)
    clock.now += 0.01
    assert not marks.is_known(REQUEST)


def test_when_the_feed_ends_nothing_is_known(marks: SoldOut, feed: StillFeed) -> None:
    seen(marks, 5)
    feed.ended()
    assert not marks.is_known(REQUEST)
    seen(marks, 5)
    assert not marks.is_known(REQUEST)


def test_marks_are_bounded(marks: SoldOut, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.inventory.sql.sold_out._MOST", 2)
    seen(marks, 5)
    with marks.look() as mark:
        mark({(8, 1): 1, (9, 1): 1})
    assert not marks.is_known(REQUEST)
    assert marks.is_known(wish(9, 1, 1))
