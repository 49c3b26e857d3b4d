"""When lines that wait will be served, and from what, if everything comes on its day. Pure."""

from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from app.inventory.model.selling import serve


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A line in the queue of one variant. candidates: locations that may serve it, best first."""

    entry_id: int
    quantity: int
    candidates: Sequence[int]
    may_split: bool


@dataclass(frozen=True, slots=True)
class Supply:
    """Units that are expected at a location. number: whatever the caller knows it by."""

    number: int
    location_id: int
    day: date
    quantity: int


@dataclass(frozen=True, slots=True)
class Source:
    """Units that will serve a line. supply: the number of the supply that brings them; None: they are there."""

    location_id: int
    quantity: int
    supply: int | None


@dataclass(frozen=True, slots=True)
class Served:
    """A line can be served as a whole on this day, from these."""

    day: date
    sources: tuple[Source, ...]


# Units at a place in the order of their coming: [number of the supply, units].
_Pools: TypeAlias = MutableMapping[int, "_Pool"]


@dataclass(slots=True)
class _Pool:
    """lack: units that are missing for what is kept off sale; what comes first fills that."""

    lack: int = 0
    units: deque[tuple[int | None, int]] = field(default_factory=deque[tuple[int | None, int]])

    def add(self, supply: int | None, quantity: int) -> None:
        filled = min(self.lack, quantity)
        self.lack -= filled
        if quantity > filled:
            self.units.append((supply, quantity - filled))

    def take(self, quantity: int) -> list[tuple[int | None, int]]:
        """The units that came first; there are as many."""
        taken: list[tuple[int | None, int]] = []
        while quantity:
            supply, units = self.units.popleft()
            used = min(units, quantity)
            quantity -= used
            taken.append((supply, used))
            if units > used:
                self.units.appendleft((supply, units - used))
        return taken


def outlook(
    queue: Sequence[WaitingLine], free: Mapping[int, int], supplies: Sequence[Supply], *, today: date, opens: date
) -> dict[int, Served]:
    """Which lines will be served when, by entry, as the queue is served: oldest first, each whole, nobody overtakes.

    queue: one variant's, oldest first, nobody left out. free: units by location, below zero where more is kept off
    sale than there is. supplies: in order of days, none before today. opens: nothing is served before this day. Lines
    that all of it is too little for are left out.
    """
    places = {place for line in queue for place in line.candidates}
    pools: _Pools = {place: _Pool(lack=max(-free.get(place, 0), 0)) for place in places}
    for place, pool in pools.items():
        pool.add(None, max(free.get(place, 0), 0))
    coming = [supply for supply in supplies if supply.location_id in places]
    found: dict[int, Served] = {}
    left, number = list(queue), 0
    for day in sorted({today, max(opens, today), *(supply.day for supply in coming)}):
        while number < len(coming) and coming[number].day <= day:
            supply = coming[number]
            pools[supply.location_id].add(supply.number, supply.quantity)
            number += 1
        if day >= opens:
            left = _serve_all(left, pools, day, found)
    return found


def _serve_all(queue: list[WaitingLine], pools: _Pools, day: date, found: dict[int, Served]) -> list[WaitingLine]:
    """Serve who can be served; returns the others."""
    at = {place: sum(units for _, units in pool.units) for place, pool in pools.items() if pool.units}
    left: list[WaitingLine] = []
    for number, line in enumerate(queue):
        if not any(at.values()):
            return left + queue[number:]
        taken = serve(at, line.quantity, line.candidates, may_split=line.may_split, may_have=True)
        if not taken:
            left.append(line)
            continue
        sources = [
            Source(place, used, supply) for place, units in taken.items() for supply, used in pools[place].take(units)
        ]
        found[line.entry_id] = Served(day, tuple(sources))
    return left
