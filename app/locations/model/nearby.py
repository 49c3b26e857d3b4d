"""Places by their distance from a point, nearest first, without looking at all of them.

A tree halves the places again and again where they lie farthest apart, down to a handful. Around a point only those
handfuls are opened that may hold one of the nearest, so that the nearest 64 of 5,000 cost what 64 cost. What was found
around a cell of the map is kept: most who ask live where others live.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import repeat
from operator import sub
from typing import Any, Final, NamedTuple, TypeAlias

from app.locations.model.places import EARTH_RADIUS_KM, Place, Point

# On the sphere of radius 1. The straight way between two of them grows with the way over the ground.
_Position: TypeAlias = tuple[float, float, float]
# The position of a place, and its number.
_Spot: TypeAlias = tuple[_Position, int]
# The straight way to a place, and its number.
_Measured: TypeAlias = tuple[float, int]
_HANDFUL: Final = 16
# In degrees, about a kilometre; and how many are kept.
_CELL: Final = 0.01
_CELLS: Final = 16_384
# Distances are told to the metre, and equal ones are in order of id: a batch never ends among places that are so close.
_GAP: Final = 1.5 / (EARTH_RADIUS_KM * 1000)


class Ranked(NamedTuple):
    """The ids of places, nearest first, and the distance in kilometres of the one with a number in the list, from 0;
    None where nobody knows it.
    """

    ids: list[int]
    distance_km: Callable[[int], float | None]


class _Cell(NamedTuple):
    """What may be among the first ones of any point of a cell: positions and numbers, and the way below which no other
    place comes.
    """

    positions: tuple[_Position, ...]
    numbers: tuple[int, ...]
    bound: float


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
        self._cells: dict[tuple[int, int, int], _Cell] = {}

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def by_id(self) -> dict[int, Place]:
        """The same."""
        return {place.id: place for place in self.places}

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """Of the places, in order."""
        return tuple(place.id for place in self.places)

    def batches(self, origin: Point, size: int) -> Iterator[Ranked]:
        """All of them in the order of `rank_places`. size: about how many come at first; later four times as many."""
        first = self._around(origin, size)
        if first:
            yield self._ranked(first)
        told = {number for _, number in first}
        for batch in self._from_tree(origin, 5 * size if told else size):
            rest = [one for one in batch if one[1] not in told] if told else batch
            if rest:
                yield self._ranked(rest)
        if self._nowhere:
            yield Ranked(self._nowhere, lambda _: None)

    def _around(self, origin: Point, size: int) -> list[_Measured]:
        """The first ones, of those that are near the origin's cell; none in the rare case that these do not do."""
        key = (math.floor(origin.latitude / _CELL), math.floor(origin.longitude / _CELL), size)
        cell = self._cells.get(key)
        if cell is None:
            if len(self._cells) >= _CELLS:
                self._cells.clear()
            cell = self._cells[key] = self._open_cell(*key)
        if not cell.numbers:
            return []
        found = sorted(zip(map(math.dist, cell.positions, repeat(_on_sphere(origin))), cell.numbers, strict=False))
        return found[: _end(found, size, cell.bound)]

    def _open_cell(self, row: int, column: int, size: int) -> _Cell:
        """What is among the first ones of a point is at most so far from the middle as the last of the middle's first
        ones and twice the way to the point.
        """
        middle = Point((row + 0.5) * _CELL, (column + 0.5) * _CELL)
        corners = [Point((row + up) * _CELL, (column + right) * _CELL) for up in (0, 1) for right in (0, 1)]
        half = max(math.dist(_on_sphere(middle), _on_sphere(corner)) for corner in corners) + _GAP
        found: list[_Measured] = []
        bound = math.inf
        for batch in self._from_tree(middle, size):
            found += batch
            reach = found[size - 1][0] + 2 * half + 4 * _GAP if len(found) >= size else math.inf
            if found[-1][0] > reach:
                found = [one for one in found if one[0] <= reach]
                bound = reach - half
                break
        numbers = tuple(number for _, number in found)
        return _Cell(tuple(self._positions[number] for number in numbers), numbers, bound)

    def _from_tree(self, origin: Point, size: int) -> Iterator[list[_Measured]]:
        """Those with coordinates, nearest first, in batches."""
        here = _on_sphere(origin)
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
                found += [(math.dist(position, here), number) for position, number in spots]
            for half in halves or ():
                heapq.heappush(boxes, (_way_to(half, here), count, half))
                count += 1

    @cached_property
    def _positions(self) -> dict[int, _Position]:
        return {number: _on_sphere(place.point) for number, place in enumerate(self.places) if place.point is not None}

    @cached_property
    def _tree(self) -> _Box | None:
        spots = [(position, number) for number, position in self._positions.items()]
        return _box(spots) if spots else None

    @cached_property
    def _nowhere(self) -> list[int]:
        return [place.id for place in self.places if place.point is None]

    def _ranked(self, found: list[_Measured]) -> Ranked:
        """found: sorted. Only those so close that they may be told as equal are put in order anew."""
        ids, ways = self.ids, [way for way, _ in found]
        if min(map(sub, ways[1:], ways), default=math.inf) <= _GAP:
            found = sorted(found, key=lambda one: (_distance_km(one[0]), one[1]))
            ways = [way for way, _ in found]
        return Ranked([ids[number] for _, number in found], lambda number: _distance_km(ways[number]))


def _distance_km(way: float) -> float:
    """Over the earth, as it is told. Rounding can carry the way between opposite points a hair past 2."""
    return round(2 * EARTH_RADIUS_KM * math.asin(min(way / 2, 1.0)), 3)


def _on_sphere(point: Point) -> _Position:
    latitude, longitude = math.radians(point.latitude), math.radians(point.longitude)
    across = math.cos(latitude)
    return across * math.cos(longitude), across * math.sin(longitude), math.sin(latitude)


def _box(spots: list[_Spot]) -> _Box:
    low = tuple(min(position[axis] for position, _ in spots) for axis in range(3))
    high = tuple(max(position[axis] for position, _ in spots) for axis in range(3))
    if len(spots) <= _HANDFUL:
        return _Box(low, high, spots, None)
    longest = max(range(3), key=lambda axis: high[axis] - low[axis])
    ordered = sorted(spots, key=lambda spot: spot[0][longest])
    middle = len(ordered) // 2
    return _Box(low, high, None, (_box(ordered[:middle]), _box(ordered[middle:])))


def _way_to(box: _Box, here: _Position) -> float:
    """The way to the box, which no spot in it is nearer than."""
    x, y, z = here
    (a, b, c), (d, e, f) = box.low, box.high
    return math.dist(here, (min(max(x, a), d), min(max(y, b), e), min(max(z, c), f)))


def _end(found: list[_Measured], size: int, bound: float) -> int:
    """How many of the sorted places, at least `size`, may be told before any other; 0 when nobody knows yet.

    bound: the way below which nothing else can come.
    """
    for end in range(min(size, len(found)), len(found) + 1):
        last = found[end - 1][0]
        if last > bound:
            return 0
        following = min(found[end][0], bound) if end < len(found) else bound
        if following - last > _GAP:
            return end
    return 0
