"""Buyers who all want a compartment of one station, as checkouts ask for them: many in one transaction."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.capacity.actions.plan_compartments import plan_compartments
from app.capacity.actions.save_compartments import CompartmentDraft, save_compartments
from app.capacity.invariants import INVARIANTS
from app.capacity.model.claims import CompartmentWish
from app.capacity.model.parcels import Box, CompartmentSize, Parcel
from app.kit.clock import utc_now
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.temperature import Temperature
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind

DOORS: Final = 100
PERIODS: Final = 60
# Two thirds of what the station has room for.
BUYERS: Final = DOORS * PERIODS * 2 // 3
# Longer than goods are kept: who comes in another period never wants the same days.
_PERIOD: Final = timedelta(days=8)
_INNER: Final = Box(550, 440, 180)
_PARCEL: Final = Parcel(((Box(300, 200, 150), 1),))


@dataclass(frozen=True)
class Reserved:
    """How many got a compartment, how long that took, and each answer, in seconds."""

    taken: int
    took: float
    times: Sequence[float]


async def reserve_compartments(db: Database, now: datetime, clients: int, buyers: int = BUYERS) -> Reserved:
    """So many buyers, so many at a time; then more than there are doors left want the same days.

    Raises when two are in one compartment, when a door stays free that somebody wanted, or when an invariant is broken.
    """
    station = await db.in_write(lambda tx: _station(tx, now))
    times: list[float] = []
    waiting = list(range(buyers))
    taken = Counter[int]()
    group = db.group(_reserve)

    async def client() -> None:
        while waiting:
            period = waiting.pop() % PERIODS
            began = time.perf_counter()
            has_one = await group.ask(_wish(station, now, period))
            taken[period] += has_one
            times.append(time.perf_counter() - began)

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - start
    assert taken.total() == buyers, taken
    left = DOORS - taken[0]
    rush = await asyncio.gather(*(group.ask(_wish(station, now, 0)) for _ in range(left + clients)))
    assert sum(rush) == left, (sum(rush), left)
    await _audit(db, station, buyers + left)
    return Reserved(buyers, took, times)


async def _station(tx: WriteTx, now: datetime) -> int:
    draft = LocationDraft("LOCKERS", LocationKind.LOCKER_STATION, {"ja": "駅"}, hold_days=3)
    station = (await save_locations(tx, [draft]))["LOCKERS"]
    doors = [CompartmentDraft(str(door), CompartmentSize.M, Temperature.AMBIENT, _INNER) for door in range(DOORS)]
    await save_compartments(tx, station, doors, now=now)
    return station


async def _reserve(tx: WriteTx, asked: Sequence[CompartmentWish]) -> list[bool]:
    plan = await plan_compartments(tx, asked)
    await plan.keep(tx, {wish.delivery_id for wish in asked}, now=utc_now())
    return [wish.order_id not in plan.refused for wish in asked]


def _wish(station: int, now: datetime, period: int) -> CompartmentWish:
    return CompartmentWish(new_id(), new_id(), station, _PARCEL, now + period * _PERIOD)


async def _audit(db: Database, station: int, expected: int) -> None:
    async with db.read() as tx:
        kept = await tx.connection.fetchval(
            "SELECT count(*) FROM compartment_reservations WHERE location_id = $1 AND compartment_id IS NOT NULL",
            station,
        )
        assert kept == expected, (kept, expected)
        for claim, query in INVARIANTS.items():
            broken = await tx.connection.fetch(query)
            assert broken == [], (claim, broken[:3])
