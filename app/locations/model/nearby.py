"""Places by their distance from a point, nearest first, without looking at all of them.

A tree halves the places again and again where they lie farthest apart, down to a handful. Around a point only those
handfuls are opened that may hold one of the nearest, so that the nearest 64 of 5,000 cost what 64 cost. What was found
around a cell of the map is kept: most who ask live where others live.
"""

import heapq
import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from app.locations.model.places import EARTH_RADIUS_KM, Place, Point

# A place on the sphere of radius 1, with its number. The straight way between two of them grows with the way over the
# ground, and squares of it are compared without a root.
_Spot: TypeAlias = tuple[float, float, float, int]
_Ranked: TypeAlias = tuple[Place, float | None]
# The square of the way to a place, and its number.
_Measured: TypeAlias = tuple[float, int]
_HANDFUL: Final = 16
# In degrees, about five kilometres; and how many are kept.
_CELL: Final = 0.05
_CELLS: Final = 4_096
# Distances are told to the metre, and equal ones are in order of id: a batch never ends among places that are so close.
_GAP: Final = 1.5 / (EARTH_RADIUS_KM * 1000)


class _Box(NamedTuple):
    """The corners of what its spots, or its halves, lie in."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    spots: list[_Spot] | None
    halves: tuple["_Box", "_Box"] | None


class Nearby:
    """Places in order of id, and the way to those that are near a point."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(sorted(places, key=lambda place: place.id))
        self.seldom: set[Any] = set()
        """What was found at few of them, for those who look for it: they need not go from place to place again."""
        self._cells: dict[tuple[int, int, int], tuple[list[_Spot], float]] = {}

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def by_id(self) -> dict[int, Place]:
        """The same."""
        return {place.id: place for place in self.places}

    def batches(self, origin: Point, size: int) -> Iterator[list[_Ranked]]:
        """All of them with their distance in kilometres, in the order of `rank_places`.

        size: about how many come at first; each time later four times as many.
        """
        first = self._around(origin, size)
        if first:
            yield self._with_distance(first)
        told = {number for _, number in first}
        for batch in self._from_tree(origin, 5 * size if told else size):
            rest = [one for one in batch if one[1] not in told] if told else batch
            if rest:
                yield self._with_distance(rest)
        if self._nowhere:
            yield [(place, None) for place in self._nowhere]

    def _around(self, origin: Point, size: int) -> list[_Measured]:
        """The first ones, of those that are near the origin's cell; none in the rare case that these do not do."""
        cell = (math.floor(origin.latitude / _CELL), math.floor(origin.longitude / _CELL), size)
        known = self._cells.get(cell)
        if known is None:
            if len(self._cells) >= _CELLS:
                self._cells.clear()
            known = self._cells[cell] = self._open_cell(*cell)
        spots, bound = known
        if not spots:
            return []
        x, y, z = _on_sphere(origin)
        found = [((a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2, number) for a, b, c, number in spots]
        found.sort()
        return found[: _end(found, size, bound)]

    def _open_cell(self, row: int, column: int, size: int) -> tuple[list[_Spot], float]:
        """Places among which the first ones of any point of the cell are, and the square below which no other comes.

        What is among the first ones of a point is at most so far from the middle as the last of the middle's first ones
        and twice the way to the point.
        """
        middle = Point((row + 0.5) * _CELL, (column + 0.5) * _CELL)
        corners = [Point((row + up) * _CELL, (column + right) * _CELL) for up in (0, 1) for right in (0, 1)]
        half = max(math.dist(_on_sphere(middle), _on_sphere(corner)) for corner in corners) + _GAP
        found: list[_Measured] = []
        for batch in self._from_tree(middle, size):
            found += batch
            reach = math.sqrt(found[size - 1][0]) + 2 * half + 4 * _GAP if len(found) >= size else math.inf
            if math.sqrt(found[-1][0]) > reach:
                spots = [self._spots[number] for square, number in found if math.sqrt(square) <= reach]
                return spots, (reach - half) ** 2
        return [self._spots[number] for _, number in found], math.inf

    def _from_tree(self, origin: Point, size: int) -> Iterator[list[_Measured]]:
        """Those with coordinates, nearest first, in batches."""
        x, y, z = _on_sphere(origin)
        found: list[_Measured] = []
        boxes: list[tuple[float, int, _Box]] = [] if self._tree is None else [(0.0, 0, self._tree)]
        count = len(boxes)
        # No batch can end before boxes are as far as its last place, which comes nearer with each box that is opened.
        least = 0.0
        while found or boxes:
            bound = boxes[0][0] if boxes else math.inf
            if bound >= least and (len(found) >= size or not boxes):
                found.sort()
                end = _end(found, size, bound)
                if end:
                    yield found[:end]
                    del found[:end]
                    size, least = size * 4, 0.0
                    continue
                least = found[min(size, len(found)) - 1][0]
            _, _, (_, _, spots, halves) = heapq.heappop(boxes)
            if spots is not None:
                found += [((a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2, number) for a, b, c, number in spots]
            for half in halves or ():
                heapq.heappush(boxes, (_nearest_square(half, x, y, z), count, half))
                count += 1

    @cached_property
    def _spots(self) -> dict[int, _Spot]:
        return {
            number: (*_on_sphere(place.point), number)
            for number, place in enumerate(self.places)
            if place.point is not None
        }

    @cached_property
    def _tree(self) -> _Box | None:
        return _box([*self._spots.values()]) if self._spots else None

    @cached_property
    def _nowhere(self) -> list[Place]:
        return [place for place in self.places if place.point is None]

    def _with_distance(self, found: list[_Measured]) -> list[_Ranked]:
        """In order of the distance as it is told, and of id. Squares of ways through the earth become ways over it."""
        places = self.places
        ranked = [
            (round(2 * EARTH_RADIUS_KM * math.asin(min(math.sqrt(square) / 2, 1.0)), 3), number)
            for square, number in found
        ]
        ranked.sort()
        return [(places[number], distance) for distance, number in ranked]


def _on_sphere(point: Point) -> tuple[float, float, float]:
    latitude, longitude = math.radians(point.latitude), math.radians(point.longitude)
    across = math.cos(latitude)
    return across * math.cos(longitude), across * math.sin(longitude), math.sin(latitude)


def _box(spots: list[_Spot]) -> _Box:
    low = tuple(min(spot[axis] for spot in spots) for axis in range(3))
    high = tuple(max(spot[axis] for spot in spots) for axis in range(3))
    if len(spots) <= _HANDFUL:
        return _Box(low, high, spots, None)
    longest = max(range(3), key=lambda axis: high[axis] - low[axis])
    ordered = sorted(spots, key=lambda spot: spot[longest])
    middle = len(ordered) // 2
    return _Box(low, high, None, (_box(ordered[:middle]), _box(ordered[middle:])))


def _nearest_square(box: _Box, x: float, y: float, z: float) -> float:
    """The square of the way to the box, which no spot in it is nearer than."""
    (a, b, c), (d, e, f) = box.low, box.high
    to_x = a - x if x < a else (x - d if x > d else 0.0)
    to_y = b - y if y < b else (y - e if y > e else 0.0)
    to_z = c - z if z < c else (z - f if z > f else 0.0)
    return to_x * to_x + to_y * to_y + to_z * to_z


def _end(found: list[_Measured], size: int, bound: float) -> int:
    """How many of the sorted places, at least `size`, may be told before any other; 0 when nobody knows yet.

    bound: the square below which nothing else can come.
    """
    for end in range(min(size, len(found)), len(found) + 1):
        last = found[end - 1][0]
        if last > bound:
            return 0
        following = min(found[end][0], bound) if end < len(found) else bound
        if math.sqrt(following) - math.sqrt(last) > _GAP:
            return end
    return 0
