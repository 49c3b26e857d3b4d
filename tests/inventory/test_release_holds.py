"""Promised units go back on sale, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.actions.release_holds import release_holds
from app.inventory.model import Claim, Demand
from app.inventory.sql.claims import claims_of_owners
from app.kit.db import Database
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, stocked, wish


async def test_reservations_and_allocations_are_released_together(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    first = wish(shirt, 2, store)
    second = replace(first, demands=(Demand(2, shirt, 3, (store,)),), expires_at=NOW + timedelta(minutes=15))
    await hold(db, first)
    await hold(db, second)
    assert await counters(db) == {(shirt, store): (9, 3, 2, 0)}
    async with db.write() as tx:
        released = await release_holds(tx, first.owner_id, actor="test")
    assert released == [Claim(1, shirt, store, 2), Claim(2, shirt, store, 3)]
    assert await counters(db) == {(shirt, store): (9, 0, 0, 0)}
    assert (await movements(db))[3:] == [
        ("ALLOCATION_RELEASED", 0, 0, -2, store),
        ("RESERVATION_RELEASED", 0, -3, 0, store),
    ]
    async with db.write() as tx:
        assert await release_holds(tx, first.owner_id, actor="test") == []


async def test_single_lines_can_be_released(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    first = wish(shirt, 2, store)
    await hold(db, replace(first, demands=(*first.demands, Demand(2, shirt, 3, (store,)))))
    async with db.write() as tx:
        assert await release_holds(tx, first.owner_id, line_nos=[2, 5], actor="test") == [Claim(2, shirt, store, 3)]
    assert await counters(db) == {(shirt, store): (9, 0, 2, 0)}


async def test_releases_in_parallel_release_once(db: Database) -> None:
    shirt, stores = await stocked(db, 5, 5)
    request = wish(shirt, 8, *stores, may_split=True)
    await hold(db, request)

    async def release() -> int:
        async with db.write() as tx:
            return len(await release_holds(tx, request.owner_id, actor="test"))

    assert sorted(await asyncio.gather(*(release() for _ in range(6)))) == [0, 0, 0, 0, 0, 2]
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0) for store in stores}


async def test_allocation_and_release_race_without_losing_a_unit(db: Database) -> None:
    """Whoever comes second works on what the first one left; the invariants at teardown see every slip."""
    shirt, stores = await stocked(db, 50, 50)
    requests = [wish(shirt, 4, *stores, may_split=True, expires_at=NOW + timedelta(minutes=15)) for _ in range(25)]
    await hold(db, *requests)

    async def release(number: int) -> int:
        async with db.write() as tx:
            return len(await release_holds(tx, requests[number].owner_id, actor="test"))

    async def allocate(number: int) -> int:
        async with db.write() as tx:
            owners = [requests[number].owner_id]
            await allocate_reserved(tx, owners, actor="test")
            return len(await claims_of_owners(tx, owners))

    await asyncio.gather(*(job(number) for number in range(25) for job in (allocate, release)))
    assert [level[:3] for level in (await counters(db)).values()] == [(50, 0, 0), (50, 0, 0)]
