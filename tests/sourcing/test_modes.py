"""Which goods a mode takes, which places serve it, and how it covers lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.temperature import Temperature
from app.sourcing.model import (
    Coverage,
    DeliveryMode,
    Goods,
    IneligibleReason,
    coverage,
    ineligible_reasons,
    is_point_of,
    sources_of,
    usable_units,
    worst_coverage,
)
from tests.sourcing.builders import place, wanted

HOME, STORE = DeliveryMode.HOME_DELIVERY, DeliveryMode.STORE_PICKUP
KONBINI, LOCKER = DeliveryMode.CONVENIENCE_STORE_PICKUP, DeliveryMode.LOCKER_PICKUP


def codes(goods: Goods, quantity: int, mode: DeliveryMode, *, has_points: bool = True) -> list[str]:
    return [reason.code.value for reason in ineligible_reasons(goods, quantity, mode, has_points=has_points)]


@pytest.mark.parametrize("mode", [KONBINI, LOCKER])
@pytest.mark.parametrize(
    ("goods", "quantity", "expected"),
    [
        (Goods(weight_g=10_000, girth_cm=100), 1, []),
        (Goods(weight_g=10_001, girth_cm=100), 1, ["WEIGHT_OVER_LIMIT"]),
        (Goods(weight_g=5_001, girth_cm=10), 2, ["WEIGHT_OVER_LIMIT"]),
        (Goods(weight_g=1, girth_cm=101), 1, ["GIRTH_OVER_LIMIT"]),
        (Goods(temperature=Temperature.CHILLED), 1, ["CHILLED"]),
        (Goods(), 9_999, []),
        (Goods(10_001, 101, temperature=Temperature.CHILLED), 1, ["GIRTH_OVER_LIMIT", "WEIGHT_OVER_LIMIT", "CHILLED"]),
    ],
)
def test_parcels_to_points_have_the_carriers_limits(
    mode: DeliveryMode, goods: Goods, quantity: int, expected: list[str]
) -> None:
    assert codes(goods, quantity, mode) == expected


@pytest.mark.parametrize("mode", [HOME, STORE])
def test_homes_and_own_stores_have_no_limits(mode: DeliveryMode) -> None:
    assert codes(Goods(90_000, 300, temperature=Temperature.CHILLED), 10, mode) == []


@pytest.mark.parametrize("mode", list(DeliveryMode))
def test_goods_must_be_sold_and_the_channel_must_have_a_place(mode: DeliveryMode) -> None:
    assert codes(Goods(is_sold=False), 1, mode, has_points=False) == ["NOT_SOLD", "NO_SUCH_POINT"]


def test_a_reason_tells_people_the_numbers() -> None:
    (reason,) = ineligible_reasons(Goods(weight_g=2_600), 4, KONBINI)
    assert reason.code is IneligibleReason.WEIGHT_OVER_LIMIT
    assert reason.message == "The line weighs 10400 g; 10000 g are taken here."


def test_points_and_sources_follow_from_what_places_do() -> None:
    warehouse, store = place(1, "EC_WAREHOUSE"), place(2)
    konbini, locker = place(3, "CONVENIENCE_STORE"), place(4, "LOCKER_STATION")
    back_room, transit = place(5, ships_orders=False, hands_over=False), place(6, "IN_TRANSIT")
    office = place(7, "CARRIER_OFFICE")
    every = [warehouse, store, konbini, locker, back_room, transit, office]
    points = {mode: [known.id for known in every if is_point_of(known, mode)] for mode in DeliveryMode}
    assert points == {HOME: [], STORE: [2], KONBINI: [3], LOCKER: [4], DeliveryMode.CARRIER_OFFICE_PICKUP: [7]}
    sources = {mode: [known.id for known in sources_of(mode, every)] for mode in (*DeliveryMode, None)}
    assert sources == {
        HOME: [1, 2],
        STORE: [1, 2, 5],
        KONBINI: [1, 2],
        LOCKER: [1, 2],
        DeliveryMode.CARRIER_OFFICE_PICKUP: [1, 2],
        None: [1, 2, 5],
    }


def test_a_store_that_keeps_no_stock_hands_nothing_over() -> None:
    # Goods are received into its stock before they are handed over.
    assert not is_point_of(place(1, holds_stock=False), STORE)
    assert is_point_of(place(1, "LOCKER_STATION", holds_stock=False), LOCKER)


def test_only_units_that_can_be_promised_where_the_mode_can_use_them_count() -> None:
    places = [place(1, "EC_WAREHOUSE"), place(2), place(3, ships_orders=False)]
    available = {(7, 1): 2, (7, 2): -4, (7, 3): 5, (7, 99): 100, (8, 1): 0, (9, 3): 1}
    assert usable_units(HOME, places, available) == {7: 2}
    assert usable_units(STORE, places, available) == {7: 7, 9: 1}


def test_a_store_covers_now_after_a_transfer_or_not_at_all() -> None:
    store, warehouse = place(1), place(2, "EC_WAREHOUSE")
    available = {(1, 1): 2, (2, 1): 1, (2, 2): 1, (3, 2): 5, (4, 1): 1}
    usable = usable_units(STORE, [store, warehouse], available)
    rows = coverage(wanted((1, 2), (2, 2), (3, 5), (4, 2)), STORE, store, usable, available)
    assert [(row.available_here, row.available, row.coverage) for row in rows] == [
        (2, 2, Coverage.FULL_NOW),
        (1, 2, Coverage.AFTER_TRANSFER),
        (0, 5, Coverage.AFTER_TRANSFER),
        (1, 1, Coverage.SHORT),
    ]
    assert worst_coverage(row.coverage for row in rows) is Coverage.SHORT
    assert worst_coverage(row.coverage for row in rows[:3]) is Coverage.AFTER_TRANSFER
    assert worst_coverage([]) is Coverage.FULL_NOW


@pytest.mark.parametrize("mode", [HOME, KONBINI, LOCKER])
def test_parcels_come_from_the_places_that_ship(mode: DeliveryMode) -> None:
    point = None if mode is HOME else place(9, "LOCKER_STATION")
    rows = coverage(wanted((1, 2), (2, 2)), mode, point, {1: 2, 2: 1}, {(1, 3): 2, (2, 3): 1})
    assert [(row.line_no, row.requested, row.available_here, row.coverage) for row in rows] == [
        (1, 2, 0, Coverage.SHIPPED_TO_POINT),
        (2, 2, 0, Coverage.SHORT),
    ]


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.dictionaries(st.tuples(st.integers(1, 4), st.integers(1, 3)), st.integers(-1, 4)),
    st.sampled_from(list(DeliveryMode)),
)
def test_a_line_is_short_exactly_when_the_usable_places_have_too_little(
    units: list[int], available: dict[tuple[int, int], int], mode: DeliveryMode
) -> None:
    places = [place(1), place(2, "EC_WAREHOUSE"), place(3, ships_orders=False)]
    ids = [known.id for known in sources_of(mode, places)]
    usable = usable_units(mode, places, available)
    for row in coverage(wanted(*enumerate(units, 1)), mode, places[0], usable, available):
        total = sum(max(available.get((row.variant_id, location_id), 0), 0) for location_id in ids)
        assert row.available == total
        assert (row.coverage is Coverage.SHORT) == (total < row.requested)
