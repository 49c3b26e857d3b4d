"""Who gets what: rules without a database."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inventory.errors import InvalidQuantity
from app.inventory.model import (
    Claim,
    Demand,
    HoldRequest,
    Shortage,
    Verdict,
    check_quantity,
)
from app.inventory.model.decisions import decide
from app.inventory.model.selling import StockKey
from app.kit.ids import new_id


def request(*demands: Demand, partial: bool = False) -> HoldRequest:
    return HoldRequest("ORDER", new_id(), demands, partial=partial)


def test_the_first_candidate_that_has_the_whole_line_serves_it() -> None:
    demand = Demand(1, 7, 3, (10, 20, 30))
    assert decide({(7, 10): 2, (7, 20): 3, (7, 30): 9}, [request(demand)]) == [Verdict((Claim(1, 7, 20, 3),))]


def test_a_line_that_may_be_split_takes_from_the_best_candidates_first() -> None:
    demand = Demand(1, 7, 5, (20, 10), may_split=True)
    assert decide({(7, 10): 9, (7, 20): 3}, [request(demand)]) == [Verdict((Claim(1, 7, 20, 3), Claim(1, 7, 10, 2)))]


def test_nobody_gets_anything_unless_all_lines_can_be_served() -> None:
    both = request(Demand(1, 7, 1, (10,)), Demand(2, 8, 2, (10,)))
    later = request(Demand(1, 7, 1, (10,)))
    assert decide({(7, 10): 1, (8, 10): 1}, [both, later]) == [
        Verdict((), (Shortage(2, 8, 2, 1),)),
        Verdict((Claim(1, 7, 10, 1),)),
    ]


def test_a_partial_request_takes_what_there_is() -> None:
    split = request(Demand(1, 7, 5, (10, 20), may_split=True), partial=True)
    whole = request(Demand(1, 8, 5, (10, 20)), partial=True)
    available = {(7, 10): 2, (7, 20): 1, (8, 10): 1, (8, 20): 3}
    assert decide(available, [split, whole]) == [
        Verdict((Claim(1, 7, 10, 2), Claim(1, 7, 20, 1)), (Shortage(1, 7, 5, 3),)),
        Verdict((Claim(1, 8, 20, 3),), (Shortage(1, 8, 5, 3),)),
    ]


def test_two_lines_of_one_variant_share_the_stock() -> None:
    lines = (Demand(1, 7, 2, (10,)), Demand(2, 7, 2, (10,)))
    assert decide({(7, 10): 3}, [request(*lines)]) == [Verdict((), (Shortage(2, 7, 2, 1),))]
    assert decide({(7, 10): 4}, [request(*lines)]) == [Verdict((Claim(1, 7, 10, 2), Claim(2, 7, 10, 2)))]


def test_a_shortage_of_an_undividable_line_tells_of_the_best_single_place() -> None:
    available = {(7, 10): 2, (7, 20): 3}
    assert decide(available, [request(Demand(1, 7, 4, (10, 20)))]) == [Verdict((), (Shortage(1, 7, 4, 3),))]
    split = request(Demand(1, 7, 6, (10, 20), may_split=True))
    assert decide(available, [split]) == [Verdict((), (Shortage(1, 7, 6, 5),))]


def test_places_below_zero_offer_nothing() -> None:
    """Safety stock may exceed what is on hand."""
    split = request(Demand(1, 7, 2, (10, 20), may_split=True))
    assert decide({(7, 10): -3, (7, 20): 2}, [split]) == [Verdict((Claim(1, 7, 20, 2),))]
    assert decide({}, [split]) == [Verdict((), (Shortage(1, 7, 2, 0),))]


@pytest.mark.parametrize(("quantity", "minimum"), [(0, 1), (-1, 0), (1_000_001, 1)])
def test_quantities_have_limits(quantity: int, minimum: int) -> None:
    with pytest.raises(InvalidQuantity):
        check_quantity(quantity, minimum=minimum)


variants, places = st.integers(1, 3), st.integers(1, 4)
levels = st.dictionaries(st.tuples(variants, places), st.integers(-2, 12), max_size=12)
demands = st.builds(
    lambda variant_id, quantity, candidates, may_split: (variant_id, quantity, tuple(candidates), may_split),
    variants,
    st.integers(1, 8),
    st.lists(places, max_size=5),
    st.booleans(),
)
requests = st.lists(
    st.builds(
        lambda lines, partial: request(
            *(Demand(number, *line) for number, line in enumerate(lines, 1)), partial=partial
        ),
        st.lists(demands, min_size=1, max_size=4),
        st.booleans(),
    ),
    max_size=8,
)


@given(levels, requests)
def test_whatever_is_asked_the_promises_are_sound(available: dict[StockKey, int], asked: list[HoldRequest]) -> None:
    before = dict(available)
    verdicts = decide(available, asked)
    assert available == before
    assert verdicts == decide(available, asked)
    taken: Counter[StockKey] = Counter()
    for wanted, verdict in zip(asked, verdicts, strict=True):
        got: Counter[int] = Counter()
        for claim in verdict.claims:
            demand = wanted.demands[claim.line_no - 1]
            assert claim.quantity > 0
            assert claim.variant_id == demand.variant_id
            assert claim.location_id in demand.candidates
            got[claim.line_no] += claim.quantity
            taken[claim.variant_id, claim.location_id] += claim.quantity
        short = {shortage.line_no for shortage in verdict.shortages}
        for demand in wanted.demands:
            assert got[demand.line_no] <= demand.quantity
            if not verdict.shortages or (wanted.partial and demand.line_no not in short):
                assert got[demand.line_no] == demand.quantity
            if not demand.may_split:
                assert len({claim.location_id for claim in verdict.claims if claim.line_no == demand.line_no}) <= 1
        if verdict.shortages and not wanted.partial:
            assert verdict.claims == ()
        assert all(shortage.available < shortage.requested for shortage in verdict.shortages)
    assert all(units <= max(available.get(key, 0), 0) for key, units in taken.items())


@given(levels, requests)
def test_a_refused_request_leaves_no_trace_for_those_behind_it(
    available: dict[StockKey, int], asked: list[HoldRequest]
) -> None:
    verdicts = decide(available, asked)
    served = [wanted for wanted, verdict in zip(asked, verdicts, strict=True) if verdict.claims]
    assert decide(available, served) == [verdict for verdict in verdicts if verdict.claims]
