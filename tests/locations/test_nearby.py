"""Places by their distance, a few at a time."""

import random

import pytest

from app.locations.model import LocationKind, Nearby, Place, Point, rank_places

SEED = 20261122


def _place(number: int, point: Point | None) -> Place:
    return Place(
        number, f"L{number}", LocationKind.STORE, point, 13, None,
        holds_stock=True, ships_orders=True, hands_over=True, hold_days=7,
    )  # fmt: skip


def _shops(choose: random.Random, count: int) -> list[Place]:
    """Many in two towns, some of them in one building, a few on the other side of the earth or nowhere."""
    towns = [(35.68, 139.76), (34.69, 135.50)]
    points: list[Point | None] = []
    for number in range(count):
        latitude, longitude = choose.choice(towns)
        point = Point.read(choose.gauss(latitude, 0.2), choose.gauss(longitude, 0.2))
        kind = number % 20
        if kind == 0:
            points.append(None)
        elif kind == 1:
            points.append(Point.read(choose.uniform(-90, 90), choose.uniform(-180, 180)))
        elif kind in {2, 3} and points:
            points.append(points[-1])
        else:
            points.append(point)
    return [_place(number, point) for number, point in enumerate(points, 1)]


@pytest.mark.parametrize("size", [1, 5, 64, 1_000])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 300])
def test_batches_are_the_ranking_in_pieces(count: int, size: int) -> None:
    choose = random.Random(SEED + count)
    shops = _shops(choose, count)
    nearby = Nearby(reversed(shops))
    near = [Point.read(35.6 + choose.random() / 5, 139.7 + choose.random() / 5) for _ in range(10)]
    origins = [
        *near,
        Point(35.68, 139.76),
        Point(0, 0),
        Point(90, 0),
        Point(-35.0, -40.0),
        shops[-1].point or Point(1, 1),
    ]
    for origin in origins:
        batches = [*nearby.batches(origin, size)]
        together = [pair for batch in batches for pair in batch]
        expected = rank_places(shops, origin)
        assert [place.id for place, _ in together] == [place.id for place, _ in expected]
        for (_, mine), (_, theirs) in zip(together, expected, strict=True):
            assert mine == theirs or abs((mine or 0) - (theirs or 0)) < 0.0011
        assert len(batches) <= 2 or len(batches[0]) >= size


def test_places_without_coordinates_alone() -> None:
    shops = [_place(number, None) for number in (3, 1, 2)]
    assert [*Nearby(shops).batches(Point(35, 139), 2)] == [[(place, None) for place in sorted(shops)]]
    assert [*Nearby(()).batches(Point(35, 139), 2)] == []


def test_few_boxes_are_opened_for_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.locations.model import nearby as module  # noqa: PLC0415  # its inside is what is looked at

    places = Nearby(_shops(random.Random(SEED), 5_000))
    next(places.batches(Point(43.0, 141.0), 24))
    measured: list[object] = []
    real = module._nearest_square
    monkeypatch.setattr(module, "_nearest_square", lambda box, x, y, z: measured.append(box) or real(box, x, y, z))
    first = next(places.batches(Point(35.68, 139.76), 24))
    assert 24 <= len(first) < 40
    # The tree has about 1,000 boxes.
    assert 0 < len(measured) < 400
    measured.clear()
    again = next(places.batches(Point(35.681, 139.761), 24))
    assert measured == []
    assert [place.id for place, _ in again] == [
        place.id for place, _ in rank_places(places.places, Point(35.681, 139.761))[: len(again)]
    ]
