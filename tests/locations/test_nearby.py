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
        together = [(id_, batch.distance_km(number)) for batch in batches for number, id_ in enumerate(batch.ids)]
        expected = rank_places(shops, origin)
        assert [id_ for id_, _ in together] == [place.id for place, _ in expected]
        for (_, mine), (_, theirs) in zip(together, expected, strict=True):
            assert mine == theirs or abs((mine or 0) - (theirs or 0)) < 0.0011
        assert len(batches) <= 2 or len(batches[0].ids) >= size


def test_places_without_coordinates_alone() -> None:
    shops = [_place(number, None) for number in (3, 1, 2)]
    [batch] = Nearby(shops).batches(Point(35, 139), 2)
    assert (batch.ids, [batch.distance_km(number) for number in range(3)]) == ([1, 2, 3], [None] * 3)
    assert [*Nearby(()).batches(Point(35, 139), 2)] == []


def test_few_boxes_are_opened_for_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.locations.model import nearby as module  # noqa: PLC0415  # its inside is what is looked at

    places = Nearby(_shops(random.Random(SEED), 5_000))
    next(places.batches(Point(43.0, 141.0), 24))
    measured: list[object] = []
    real = module._way_to
    monkeypatch.setattr(module, "_way_to", lambda box, here: measured.append(box) or real(box, here))
    first = next(places.batches(Point(35.684, 139.764), 24))
    assert 24 <= len(first.ids) < 40
    # The tree has about 1,000 boxes.
    assert 0 < len(measured) < 400
    measured.clear()
    again = next(places.batches(Point(35.686, 139.766), 24))
    assert measured == []
    assert again.ids == [place.id for place, _ in rank_places(places.places, Point(35.686, 139.766))[: len(again.ids)]]
