"""Distances and ranking: known distances, and what must hold for any places."""

import math
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.locations.model import LocationKind, Place, Point, distance_km, rank_places

SHIBUYA, UMEDA, SAPPORO = Point(35.6580, 139.7016), Point(34.7025, 135.4959), Point(43.0687, 141.3508)

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
places = st.lists(
    st.builds(
        Place,
        id=st.integers(1, 500),
        code=st.just("X"),
        kind=st.sampled_from(LocationKind),
        point=st.none() | points,
        prefecture=st.none(),
        partner_id=st.just(UUID(int=0)),
        holds_stock=st.booleans(),
        ships_orders=st.booleans(),
        hands_over=st.booleans(),
        hold_days=st.just(7),
    ),
    max_size=30,
    unique_by=lambda place: place.id,
)


@pytest.mark.parametrize(
    ("a", "b", "kilometres"),
    [(SHIBUYA, UMEDA, 395.6), (SHIBUYA, SAPPORO, 836.0), (Point(0, 0), Point(0, 180), 20015.1)],
)
def test_known_distances(a: Point, b: Point, kilometres: float) -> None:
    assert distance_km(a, b) == pytest.approx(kilometres, abs=2)


@given(points, points, points)
def test_distance_is_a_metric_on_earth(a: Point, b: Point, c: Point) -> None:
    assert distance_km(a, a) == 0
    assert distance_km(a, b) == pytest.approx(distance_km(b, a), abs=1e-6)
    assert 0 <= distance_km(a, b) <= 20015.2
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-3


@given(points)
def test_opposite_points_are_half_the_circumference_apart(a: Point) -> None:
    opposite = Point(-a.latitude, a.longitude - math.copysign(180, a.longitude))
    assert distance_km(a, opposite) == pytest.approx(20015.1, abs=0.1)


@given(places, points)
def test_ranking_loses_nothing_and_puts_the_nearest_first(places: list[Place], origin: Point) -> None:
    ranked = rank_places(places, origin)
    assert sorted(place.id for place, _ in ranked) == sorted(place.id for place in places)
    keys = [(math.inf if distance is None else distance, place.id) for place, distance in ranked]
    assert keys == sorted(keys)
    assert all((distance is None) == (place.point is None) for place, distance in ranked)


@given(places)
def test_without_an_origin_places_keep_the_order_of_ids(places: list[Place]) -> None:
    ranked = rank_places(places, None)
    assert [place.id for place, _ in ranked] == sorted(place.id for place in places)
    assert {distance for _, distance in ranked} <= {None}


@pytest.mark.parametrize("point", [Point(90.1, 0), Point(0, -180.1), Point(math.nan, 0), Point(0, math.inf)])
def test_points_that_are_not_on_earth(point: Point) -> None:
    assert not point.is_on_earth()


def test_the_poles_are_on_earth() -> None:
    assert Point(90, 180).is_on_earth()


def test_points_are_read_to_the_centimetre() -> None:
    assert Point.read(35.65800004, 139.70160006) == (35.658, 139.7016001)
    tiny = Point.read(5e-324, -5e-324)
    assert (str(tiny.latitude), str(tiny.longitude)) == ("0.0", "0.0")
    assert not Point.read(math.inf, 0).is_on_earth()
    assert not Point.read(0, math.nan).is_on_earth()
    assert not Point.read(90.0000001, 0).is_on_earth()
