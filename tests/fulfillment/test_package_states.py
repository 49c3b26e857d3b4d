"""Where a parcel can be: which event is possible in which status, and that what is told agrees with it."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.packages import (
    PACKAGE,
    PackageStatus,
    TrackingKind,
    is_plausible,
    tracking_url,
)
from app.fulfillment.model.tracking import PackageProblem, PackageState, TrackingEvent, tell_package
from app.kit.errors import InvalidTransition
from tests.conftest import NOW

K, S, P = TrackingKind, PackageStatus, PackageProblem
HOUR = timedelta(hours=1)
OUT = {"LABELED", "HANDED_OVER", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERY_ATTEMPTED", "AT_POINT"}
# In which status each event is possible; it leads to the status of its own name, but a scan on the way back.
POSSIBLE = {
    "HANDED_OVER": {"LABELED"},
    "IN_TRANSIT": OUT | {"LOST", "RETURNING"},
    "OUT_FOR_DELIVERY": OUT | {"LOST", "REFUSED"},
    "DELIVERY_ATTEMPTED": OUT | {"LOST"},
    "AT_POINT": OUT | {"LOST", "REFUSED"},
    "REFUSED": OUT | {"LOST"},
    "LOST": OUT | {"REFUSED", "RETURNING"},
    "RETURNING": OUT | {"REFUSED", "LOST"},
    "RETURNED": OUT | {"REFUSED", "LOST", "RETURNING"},
    "DELIVERED": OUT | {"REFUSED", "LOST", "RETURNING"},
    "TAKEN_BACK": OUT | {"REFUSED", "LOST", "RETURNING", "RETURNED"},
}
# By which events a parcel comes to a status.
WAYS = {S.LABELED: []} | {S(kind): [kind] for kind in K}


def at(hour: float, kind: TrackingKind, **facts: str) -> TrackingEvent:
    """Something that happened so many hours after the parcel left."""
    return TrackingEvent(f"k{hours_of(hour)} {kind}", kind, NOW + hour * HOUR, **facts)


def hours_of(hour: float) -> str:
    """For keys."""
    return f"{hour:04.1f}"


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("kind", K)
def test_each_event_is_possible_where_it_is_said_to_be(status: PackageStatus, kind: TrackingKind) -> None:
    if status in POSSIBLE[kind]:
        after = S.RETURNING if (status, kind) == (S.RETURNING, K.IN_TRANSIT) else S(kind)
        assert PACKAGE.take(kind, status) is after
    else:
        with pytest.raises(InvalidTransition):
            PACKAGE.check(kind, status)


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("kind", K)
def test_what_is_told_goes_by_it(status: PackageStatus, kind: TrackingKind) -> None:
    before = [at(hour, one) for hour, one in enumerate(WAYS[status])]
    event = at(9, kind)
    told = tell_package([event, *before])
    if status == "DELIVERED" and kind == "TAKEN_BACK":
        assert told.state.status is S.TAKEN_BACK  # then it was never delivered
        assert told.effects[before[0].key] is ReportEffect.SET_ASIDE
        assert told.problems == {P.CONTRADICTORY_REPORTS}
    elif status in POSSIBLE[kind]:
        assert told.state.status == PACKAGE.take(kind, status)
        assert told.effects[event.key] is ReportEffect.APPLIED
    else:
        assert told.state == tell_package(before).state
        assert told.effects[event.key] is ReportEffect.SET_ASIDE


@pytest.mark.parametrize(
    ("kinds", "status", "problems"),
    [
        ([], S.LABELED, set()),
        ([K.HANDED_OVER, K.IN_TRANSIT, K.OUT_FOR_DELIVERY, K.DELIVERED], S.DELIVERED, set()),
        ([K.DELIVERED], S.DELIVERED, set()),
        ([K.OUT_FOR_DELIVERY, K.DELIVERY_ATTEMPTED, K.OUT_FOR_DELIVERY, K.DELIVERED], S.DELIVERED, set()),
        ([K.IN_TRANSIT, K.AT_POINT, K.DELIVERED], S.DELIVERED, set()),
        ([K.OUT_FOR_DELIVERY, K.REFUSED], S.REFUSED, {P.PARCEL_COMES_BACK}),
        ([K.REFUSED, K.RETURNING, K.IN_TRANSIT, K.RETURNED], S.RETURNED, {P.PARCEL_COMES_BACK}),
        ([K.REFUSED, K.RETURNING, K.RETURNED, K.TAKEN_BACK], S.TAKEN_BACK, set()),
        ([K.IN_TRANSIT, K.LOST], S.LOST, {P.PARCEL_LOST}),
        ([K.IN_TRANSIT, K.LOST, K.IN_TRANSIT], S.IN_TRANSIT, set()),
        ([K.LOST, K.DELIVERED], S.DELIVERED, set()),
        ([K.DELIVERED, K.LOST], S.DELIVERED, {P.CONTRADICTORY_REPORTS}),
        ([K.DELIVERED, K.IN_TRANSIT], S.DELIVERED, set()),
        ([K.DELIVERED, K.DELIVERED], S.DELIVERED, set()),
        ([K.DELIVERED, K.TAKEN_BACK], S.TAKEN_BACK, {P.CONTRADICTORY_REPORTS}),
    ],
)
def test_what_happened_last_counts_in_whatever_order_it_is_heard_of(
    kinds: list[TrackingKind], status: PackageStatus, problems: set[PackageProblem]
) -> None:
    events = [at(hour, kind) for hour, kind in enumerate(kinds)]
    told = [tell_package(heard) for heard in permutations(events)]
    assert {one.state.status for one in told} == {status}
    assert {one.problems for one in told} == {frozenset(problems)}


def test_times_attempts_and_words_are_those_of_what_happened() -> None:
    told = tell_package(
        [
            at(4, K.DELIVERED, place_name="玄関"),
            at(2, K.DELIVERY_ATTEMPTED, note="absent"),
            at(3, K.DELIVERY_ATTEMPTED, note="absent again"),
            at(1, K.OUT_FOR_DELIVERY),
        ]
    )
    assert told.state == PackageState(
        S.DELIVERED, NOW + 4 * HOUR, NOW + 4 * HOUR, attempts=2, place_name="玄関", note=None
    )


def test_the_number_on_the_way_back_stays() -> None:
    told = tell_package([at(1, K.RETURNING, return_tracking_number="R-1"), at(2, K.IN_TRANSIT), at(3, K.RETURNED)])
    assert (told.state.status, told.state.return_tracking_number) == (S.RETURNED, "R-1")
    moving = tell_package([at(1, K.RETURNING), at(2, K.IN_TRANSIT, place_name="東京")]).state
    assert (moving.status, moving.status_at, moving.place_name) == (S.RETURNING, NOW + HOUR, "東京")


_EVENTS = st.lists(
    st.builds(
        lambda number, kind, hour: TrackingEvent(f"p {number}", kind, NOW + hour * HOUR),
        st.integers(0, 10_000),
        st.sampled_from(K),
        st.integers(0, 6),
    ),
    max_size=8,
    unique_by=lambda event: event.key,
)


@given(_EVENTS.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_the_same_events_in_any_order_come_to_the_same(both: tuple[list[TrackingEvent], list[TrackingEvent]]) -> None:
    events, others = both
    told = tell_package(events)
    assert told == tell_package(others)
    assert told.effects.keys() == {event.key for event in events}
    kinds = {event.kind for event in events}
    assert (told.state.status is S.TAKEN_BACK) == (K.TAKEN_BACK in kinds)
    assert sum(effect is ReportEffect.APPLIED for effect in told.effects.values()) == bool(events)


@pytest.mark.parametrize(
    ("number", "rule", "is_good"),
    [
        ("100000000004", "TWELVE_MOD_7", True),
        ("1000-0000-0004", "TWELVE_MOD_7", True),
        ("100000000005", "TWELVE_MOD_7", False),
        ("10000000000", "TWELVE_MOD_7", False),
        ("１００００００００００４", "TWELVE_MOD_7", False),
        ("100000000005", "ANY", True),
    ],
)
def test_the_last_digit_of_a_slip_number_checks_the_others(number: str, rule: str, is_good: bool) -> None:
    assert is_plausible(number, rule) is is_good


def test_the_page_of_a_parcel_has_its_number() -> None:
    assert tracking_url("https://x.example/?n={number}", "1000-0004") == "https://x.example/?n=10000004"
    assert tracking_url(None, "1") is None
