"""What reports come to: it matters in which order things happened, and not in which order they are heard of."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.pickups import PickupExpiryReason, PickupState, PickupStatus
from app.fulfillment.model.reports import PickupProblem, Report, ReportKind, tell
from tests.conftest import NOW

K, S = ReportKind, PickupStatus
HOUR = timedelta(hours=1)
UNTIL = NOW + timedelta(days=4)


def at(hours: float, kind: ReportKind, **facts: Any) -> Report:
    """Something that happened so many hours after the parcel left."""
    if kind in {K.ARRIVED, K.READY}:
        facts = {"is_collectable": True, "hold_until": UNTIL} | facts
    return Report(f"k{hours} {kind}", kind, NOW + hours * HOUR, **facts)


def status_of(*reports: Report) -> PickupStatus:
    return tell(reports).state.status


def problems_of(*reports: Report) -> set[PickupProblem]:
    return set(tell(reports).problems)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([], S.IN_TRANSIT_TO_POINT),
        ([K.ARRIVED], S.READY),
        ([K.ARRIVED, K.BLOCKED], S.ARRIVED),
        ([K.ARRIVED, K.BLOCKED, K.READY], S.READY),
        ([K.ARRIVED, K.BLOCKED, K.ARRIVED], S.READY),
        ([K.BLOCKED], S.ARRIVED),
        ([K.ARRIVED, K.COLLECTED], S.COLLECTED),
        ([K.COLLECTED], S.COLLECTED),
        ([K.ARRIVED, K.EXPIRED], S.EXPIRED),
        ([K.EXPIRED], S.EXPIRED),
        ([K.ARRIVED, K.EXPIRED, K.RETURN_SENT], S.RETURNING),
        ([K.ARRIVED, K.RETURN_SENT], S.RETURNING),
        ([K.RETURN_SENT], S.RETURNING),
        ([K.ARRIVED, K.EXPIRED, K.RETURN_SENT, K.RETURN_RECEIVED], S.RETURNED),
        ([K.RETURN_RECEIVED], S.RETURNED),
        ([K.ARRIVED, K.RETURN_SENT, K.ARRIVED], S.READY),
        ([K.ARRIVED, K.EXPIRED, K.COLLECTED], S.COLLECTED),
        ([K.ARRIVED, K.EXPIRED, K.RETURN_SENT, K.COLLECTED], S.COLLECTED),
    ],
)
def test_what_happened_last_counts_in_whatever_order_it_is_heard_of(
    kinds: list[ReportKind], status: PickupStatus
) -> None:
    reports = [at(hour, kind, reason="DAMAGED" if kind is K.EXPIRED else None) for hour, kind in enumerate(kinds)]
    assert {status_of(*heard) for heard in permutations(reports)} == {status}
    assert problems_of(*reports) == ({PickupProblem.BLOCKED_AT_POINT} if kinds and kinds[-1] is K.BLOCKED else set())


def test_the_times_are_those_of_what_happened() -> None:
    told = tell([at(2, K.COLLECTED), at(1, K.ARRIVED, compartment="A7")])
    assert told.state == PickupState(
        S.COLLECTED,
        arrived_at=NOW + HOUR,
        ready_at=NOW + HOUR,
        hold_until=UNTIL,
        collected_at=NOW + 2 * HOUR,
        compartment="A7",
    )
    assert told.effects == {"k2 COLLECTED": ReportEffect.APPLIED, "k1 ARRIVED": ReportEffect.SUPERSEDED}


def test_of_two_collections_the_first_one_was_it() -> None:
    told = tell([at(3, K.COLLECTED), at(1, K.ARRIVED), at(2, K.COLLECTED)])
    assert told.state.collected_at == NOW + 2 * HOUR
    assert told.effects["k3 COLLECTED"] is ReportEffect.SET_ASIDE
    assert told.problems == frozenset()


@pytest.mark.parametrize("kind", [K.ARRIVED, K.READY, K.BLOCKED, K.EXPIRED, K.RETURN_SENT])
def test_what_is_said_of_goods_that_were_collected_is_a_matter_for_people(kind: ReportKind) -> None:
    reports = [at(1, K.ARRIVED), at(2, K.COLLECTED), at(3, kind)]
    assert status_of(*reports) is S.COLLECTED
    assert problems_of(*reports) == {PickupProblem.CONTRADICTORY_REPORTS}
    assert tell(reports).effects[reports[2].key] is ReportEffect.SET_ASIDE


@pytest.mark.parametrize("kind", [K.EXTENDED, K.REMINDED])
def test_an_end_that_comes_to_nothing_is_no_matter_for_people(kind: ReportKind) -> None:
    reports = [at(1, K.ARRIVED), at(2, K.COLLECTED), at(3, kind, hold_until=UNTIL)]
    assert (status_of(*reports), problems_of(*reports)) == (S.COLLECTED, set())


@pytest.mark.parametrize("hour", [0.5, 2, 9])
def test_what_is_back_in_the_house_was_not_collected(hour: float) -> None:
    reports = [at(1, K.ARRIVED), at(3, K.RETURN_SENT), at(4, K.RETURN_RECEIVED), at(hour, K.COLLECTED)]
    assert status_of(*reports) is S.RETURNED
    assert problems_of(*reports) == {PickupProblem.CONTRADICTORY_REPORTS}


def test_an_extension_counts_and_a_reminder_of_the_old_end_does_not() -> None:
    later = UNTIL + timedelta(days=3)
    arrived, extended = at(1, K.ARRIVED), at(2, K.EXTENDED, hold_until=later)
    assert tell([at(3, K.REMINDED, hold_until=UNTIL), extended, arrived]).state == replace(
        tell([arrived]).state, hold_until=later
    )
    assert status_of(at(3, K.REMINDED, hold_until=later), extended, arrived) is S.EXPIRING
    assert status_of(at(3, K.REMINDED, hold_until=UNTIL), arrived) is S.EXPIRING
    assert status_of(arrived, at(3, K.REMINDED, hold_until=UNTIL), at(4, K.EXTENDED, hold_until=later)) is S.READY


def test_goods_given_up_too_early_are_a_matter_for_people_until_they_turn_up() -> None:
    early = at(2, K.EXPIRED, reason=PickupExpiryReason.HOLD_ENDED)
    assert problems_of(at(1, K.ARRIVED), early) == {PickupProblem.EXPIRED_TOO_EARLY}
    assert problems_of(at(1, K.ARRIVED), early, at(3, K.COLLECTED)) == set()
    assert problems_of(at(1, K.ARRIVED), early, at(3, K.ARRIVED)) == set()
    in_time = replace(early, occurred_at=UNTIL)
    assert problems_of(at(1, K.ARRIVED), in_time) == set()
    longer = at(1.5, K.EXTENDED, hold_until=UNTIL + HOUR)
    assert problems_of(at(1, K.ARRIVED), in_time, longer) == {PickupProblem.EXPIRED_TOO_EARLY}


def test_goods_whose_code_is_not_known_yet_have_only_arrived() -> None:
    arrived = at(1, K.ARRIVED, is_collectable=False)
    assert tell([arrived]).state == PickupState(S.ARRIVED, arrived_at=NOW + HOUR, hold_until=UNTIL)
    state = tell([at(3, K.READY, hold_until=UNTIL + HOUR), arrived]).state
    assert (state.status, state.arrived_at, state.ready_at, state.hold_until) == (
        S.READY,
        NOW + HOUR,
        NOW + 3 * HOUR,
        UNTIL + HOUR,
    )


def test_a_repeated_arrival_names_another_compartment_and_no_other_end() -> None:
    again = at(2, K.ARRIVED, compartment="B2", hold_until=UNTIL + HOUR)
    state = tell([again, at(1, K.ARRIVED, compartment="A1")]).state
    assert (state.status, state.compartment, state.ready_at, state.hold_until) == (S.READY, "B2", NOW + HOUR, UNTIL)


_KINDS = st.sampled_from(ReportKind)
_REPORTS = st.lists(
    st.builds(
        lambda number, kind, hour, days, reason: Report(
            f"p {number}", kind, NOW + hour * HOUR, number % 2 == 0, NOW + timedelta(days=days), reason
        ),
        st.integers(0, 10_000),
        _KINDS,
        st.integers(0, 6),
        st.integers(1, 3),
        st.sampled_from([*map(str, PickupExpiryReason), None]),
    ),
    max_size=8,
    unique_by=lambda report: report.key,
)


@given(_REPORTS.flatmap(lambda reports: st.tuples(st.just(reports), st.permutations(reports))))
def test_the_same_reports_in_any_order_and_repeated_come_to_the_same(both: tuple[list[Report], list[Report]]) -> None:
    reports, others = both
    assert tell(reports) == tell(others)
    told = tell(reports)
    assert told.effects.keys() == {report.key for report in reports}
    kinds = {report.kind for report in reports}
    assert (told.state.status is S.RETURNED) == (K.RETURN_RECEIVED in kinds)
    assert (told.state.status is S.COLLECTED) == (K.COLLECTED in kinds and K.RETURN_RECEIVED not in kinds)
    assert sum(effect is ReportEffect.APPLIED for effect in told.effects.values()) <= 1
