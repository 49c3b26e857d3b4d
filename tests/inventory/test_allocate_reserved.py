"""Reservations become allocations, or are too late."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.model import Claim, Demand, HoldRequest
from app.inventory.sql.claims import claims_of_owners
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish

SOON = NOW + timedelta(minutes=15)


async def test_reserved_units_are_allocated_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    request = wish(shirt, 2, store, expires_at=SOON)
    await hold(db, request)
    for _ in range(2):
        async with db.write() as tx:
            await allocate_reserved(tx, [request.owner_id], actor="test")
            claims = await claims_of_owners(tx, [request.owner_id])
        assert claims == {request.owner_id: [Claim(1, shirt, store, 2)]}
    assert await counters(db) == {(shirt, store): (5, 0, 2, 0)}
    assert (await movements(db))[2:] == [("RESERVATION_ALLOCATED", 0, -2, 2, store)]


async def test_a_reservation_that_nobody_swept_may_still_be_allocated(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    request = wish(shirt, 1, store, expires_at=NOW - timedelta(days=1))
    await hold(db, request)
    async with db.write() as tx:
        await allocate_reserved(tx, [request.owner_id], actor="test")
        claims = await claims_of_owners(tx, [request.owner_id])
        assert claims == {request.owner_id: [Claim(1, shirt, store, 1)]}
    async with db.write() as tx:
        assert await expire_reservations(tx, now=SOON) == []


async def test_many_owners_at_once_and_those_without_units_are_left_out(db: Database, count_statements: Any) -> None:
    shirt, [store] = await stocked(db, 50)
    requests = [wish(shirt, 2, store, expires_at=SOON) for _ in range(20)]
    await hold(db, *requests)
    unknown = new_id()
    owners = [request.owner_id for request in requests]
    with count_statements() as count:
        async with db.write() as tx:
            await allocate_reserved(tx, [*owners, unknown], actor="test")
            claims = await claims_of_owners(tx, [*owners, unknown])
    assert claims == {owner: [Claim(1, shirt, store, 2)] for owner in owners}
    assert count.total == 2
    assert await counters(db) == {(shirt, store): (50, 0, 40, 0)}


@pytest.mark.parametrize("attempt", range(4))
async def test_allocation_and_expiry_race_and_one_of_them_wins_all_lines(db: Database, attempt: int) -> None:
    shirt, stores = await stocked(db, 9, 9, 9)
    owners = [new_id() for _ in range(12)]
    lines = tuple(Demand(line, shirt, 1, (store,)) for line, store in enumerate(stores, 1))
    # Nine units a store: three of the owners get nothing.
    await hold(db, *(HoldRequest("ORDER", owner, lines, expires_at=NOW) for owner in owners))

    async def allocate(number: int) -> bool:
        async with db.write() as tx:
            await allocate_reserved(tx, [owners[number]], actor="test")
            claims = await claims_of_owners(tx, [owners[number]])
        assert [len(own) for own in claims.values()] in ([], [3])
        return bool(claims)

    async def sweep(_: int) -> list[str]:
        async with db.write() as tx:
            return [str(owner) for owner in await expire_reservations(tx, now=NOW)]

    results = await asyncio.gather(*(allocate(number) for number in range(12)), *(sweep(number) for number in range(4)))
    allocated = {str(owner) for owner, won in zip(owners, results[:12], strict=True) if won}
    expired = [owner for swept in results[12:] for owner in (swept if isinstance(swept, list) else [])]
    assert len(expired) == len(set(expired))
    assert not allocated & set(expired)
    assert len(allocated) + len(expired) == 9
    assert [level[:3] for level in (await counters(db)).values()] == [(9, 0, len(allocated))] * 3
    assert sorted(fact["owner_id"] for fact in await facts(db, "reservation_expired")) == sorted(expired)
