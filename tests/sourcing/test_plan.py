"""The fewest splits first, then the nearest; and never a place that nobody offered."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.sourcing.model import SourceLine, plan_pickup, plan_sources
from app.sourcing.model.cover import MAX_STEPS, smallest_cover
from tests.sourcing.builders import place, wanted

NEAR, MIDDLE, FAR = place(30), place(20), place(10)
RANKED = [NEAR, MIDDLE, FAR]

# Up to six lines of distinct variants and seven places, with little stock, so that splits are common.
lines_of = st.lists(st.integers(1, 4), min_size=1, max_size=6).map(lambda units: wanted(*enumerate(units, 1)))
stocks = st.dictionaries(st.tuples(st.integers(1, 6), st.integers(1, 7)), st.integers(-1, 5))
PLACES = [place(number) for number in (4, 2, 7, 1, 6, 3, 5)]


def has(location_id: int, line: SourceLine, available: dict[tuple[int, int], int]) -> bool:
    return available.get((line.variant_id, location_id), 0) >= line.quantity


def test_one_place_that_has_everything_wins_over_two_nearer_ones() -> None:
    stock = {(1, 30): 5, (2, 20): 5, (1, 10): 2, (2, 10): 3}
    plan = plan_sources(wanted((1, 2), (2, 3)), RANKED, stock)
    assert plan == {1: (10, 30), 2: (10, 20)}


def test_of_two_places_that_have_everything_the_nearer_one_wins() -> None:
    stock = {(1, 20): 1, (1, 10): 9}
    assert plan_sources(wanted((1, 1)), RANKED, stock) == {1: (20, 10)}


def test_fall_backs_that_have_enough_come_before_those_that_do_not() -> None:
    stock = {(1, 30): 1, (1, 20): 4, (1, 10): 3}
    assert plan_sources(wanted((1, 3)), RANKED, stock) == {1: (20, 10, 30)}


def test_a_line_that_no_single_place_has_begins_with_the_largest_part() -> None:
    stock = {(1, 30): 1, (1, 20): 2, (1, 10): 4}
    assert plan_sources(wanted((1, 6)), RANKED, stock) == {1: (10, 20, 30)}


def test_a_line_that_nobody_has_keeps_the_nearest_place() -> None:
    assert plan_sources(wanted((1, 1)), RANKED, {(1, 20): 0, (1, 10): -3}) == {1: (30,)}
    assert plan_sources(wanted((1, 1)), [], {(1, 20): 8}) == {1: ()}
    assert plan_sources([], RANKED, {(1, 20): 8}) == {}


def test_two_lines_of_one_variant_are_planned_together() -> None:
    stock = {(1, 30): 3, (1, 10): 4}
    assert plan_sources(wanted((1, 2), (1, 2)), RANKED, stock) == {1: (10, 30), 2: (10, 30)}


def test_a_greedy_choice_is_not_taken_where_fewer_places_do() -> None:
    """Greedy takes the place with four of six lines and then needs two more; two places suffice."""
    masks = [0b110110, 0b000111, 0b111000]
    assert smallest_cover(masks, 0b111111) == [1, 2]


def test_an_endless_search_is_given_up_for_a_cover_that_still_covers() -> None:
    # Every mask has 20 of 40 lines in a pattern without small covers among the first ones.
    masks = [sum(1 << (bit * step) % 40 for bit in range(20)) for step in range(1, 60)]
    union = 0
    for mask in masks:
        union |= mask
    found = smallest_cover(masks, union)
    covered = 0
    for index in found:
        covered |= masks[index]
    assert covered == union
    assert MAX_STEPS == 10_000


@given(st.lists(st.integers(0, 255), min_size=1, max_size=8))
def test_no_smaller_and_no_nearer_cover_exists(masks: list[int]) -> None:
    union = 0
    for mask in masks:
        union |= mask
    found = smallest_cover(masks, union)

    def covers(indexes: tuple[int, ...]) -> bool:
        covered = 0
        for index in indexes:
            covered |= masks[index]
        return covered == union

    all_covers = [
        indexes
        for size in range(len(masks) + 1)
        for indexes in combinations(range(len(masks)), size)
        if covers(indexes)
    ]
    best = min((len(indexes), sum(indexes)) for indexes in all_covers)
    assert covers(tuple(found))
    assert (len(found), sum(found)) == best


@given(lines_of, stocks)
def test_only_offered_places_are_proposed_each_once_and_the_same_each_time(
    lines: list[SourceLine], available: dict[tuple[int, int], int]
) -> None:
    offered = {known.id for known in PLACES}
    plan = plan_sources(lines, PLACES, available)
    assert plan == plan_sources(lines, PLACES, dict(reversed(available.items())))
    assert list(plan) == [line.line_no for line in lines]
    for ids in plan.values():
        assert set(ids) <= offered
        assert len(set(ids)) == len(ids)


@given(lines_of, stocks)
def test_a_single_place_that_has_everything_always_wins(
    lines: list[SourceLine], available: dict[tuple[int, int], int]
) -> None:
    complete = [known.id for known in PLACES if all(has(known.id, line, available) for line in lines)]
    firsts = {ids[0] for ids in plan_sources(lines, PLACES, available).values()}
    if complete:
        assert firsts == {complete[0]}
    elif all(any(has(known.id, line, available) for known in PLACES) for line in lines):
        assert len(firsts) > 1


@given(lines_of, stocks, st.integers(1, 6), st.integers(1, 7), st.integers(1, 5))
@settings(max_examples=300)
def test_more_stock_never_gives_more_splits(
    lines: list[SourceLine],
    available: dict[tuple[int, int], int],
    variant_id: int,
    location_id: int,
    more: int,
) -> None:
    richer = {
        **available,
        (variant_id, location_id): max(available.get((variant_id, location_id), 0), 0) + more,
    }

    def served(stock: dict[tuple[int, int], int]) -> set[int]:
        return {line.line_no for line in lines if any(has(known.id, line, stock) for known in PLACES)}

    def splits(stock: dict[tuple[int, int], int]) -> int:
        plan = plan_sources(lines, PLACES, stock)
        return len({plan[number][0] for number in served(available)})

    assert served(available) <= served(richer)
    if served(available) == served(richer):
        assert splits(richer) <= splits(available)


@given(lines_of, stocks)
def test_every_place_with_a_unit_is_a_fall_back(lines: list[SourceLine], available: dict[tuple[int, int], int]) -> None:
    plan = plan_sources(lines, PLACES, available)
    for line in lines:
        stocked = {known.id for known in PLACES if available.get((line.variant_id, known.id), 0) > 0}
        assert set(plan[line.line_no]) == (stocked or {PLACES[0].id})


@given(lines_of, stocks)
def test_stock_of_other_goods_and_places_changes_no_plan(
    lines: list[SourceLine], available: dict[tuple[int, int], int]
) -> None:
    unrelated = {(variant_id, location_id): 9 for variant_id in range(100, 150) for location_id in range(1, 60)}
    unrelated |= {(variant_id, 99): 9 for variant_id in range(1, 7)}
    assert plan_sources(lines, PLACES, available | unrelated) == plan_sources(lines, PLACES, available)


@given(lines_of, stocks)
def test_a_pickup_plan_names_known_places_once_and_prefers_a_store_that_has_the_line(
    lines: list[SourceLine], available: dict[tuple[int, int], int]
) -> None:
    store, *others = PLACES
    plan = plan_pickup(lines, store, PLACES, available)
    assert list(plan) == [line.line_no for line in lines]
    for line in lines:
        ids = plan[line.line_no]
        assert set(ids) <= {known.id for known in PLACES}
        assert len(set(ids)) == len(ids) > 0
        if has(store.id, line, available):
            assert ids[0] == store.id
        elif any(has(known.id, line, available) for known in others):
            assert has(ids[0], line, available)
        units = sum(max(available.get((line.variant_id, location_id), 0), 0) for location_id in ids)
        assert units == sum(max(available.get((line.variant_id, known.id), 0), 0) for known in PLACES)


STORE = place(1)


def test_a_pickup_takes_the_stores_own_goods_first() -> None:
    stock = {(1, 1): 1, (1, 30): 50, (2, 30): 1, (2, 10): 1}
    assert plan_pickup(wanted((1, 1), (2, 1)), STORE, [STORE, *RANKED], stock) == {1: (1, 30), 2: (30, 10)}


def test_a_pickup_asks_as_few_other_locations_as_possible() -> None:
    stock = {(1, 1): 1, (2, 30): 1, (3, 20): 1, (2, 10): 1, (3, 10): 1}
    plan = plan_pickup(wanted((1, 1), (2, 1), (3, 1)), STORE, RANKED, stock)
    assert plan == {1: (1,), 2: (10, 30), 3: (10, 20)}


def test_a_stores_part_of_a_line_is_used_only_when_nobody_has_the_whole_line() -> None:
    assert plan_pickup(wanted((1, 3)), STORE, RANKED, {(1, 1): 2, (1, 10): 3}) == {1: (10, 1)}
    assert plan_pickup(wanted((1, 3)), STORE, RANKED, {(1, 1): 1, (1, 10): 2}) == {1: (1, 10)}


def test_a_store_that_keeps_no_stock_gets_everything_from_elsewhere() -> None:
    counter = place(1, holds_stock=False)
    assert plan_pickup(wanted((1, 1)), counter, RANKED, {(1, 1): 9, (1, 20): 1}) == {1: (20,)}


def test_a_pickup_of_what_nobody_has_still_names_a_place() -> None:
    assert plan_pickup(wanted((1, 1)), STORE, RANKED, {}) == {1: (30,)}
    assert plan_pickup(wanted((1, 1)), STORE, [], {}) == {1: (1,)}
