"""Of what is reserved the owner keeps what can be used, and adds nothing."""

import asyncio
from datetime import timedelta

import pytest

from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.trim_reservation import trim_reservation
from app.inventory.model import Claim, Demand, HoldRequest
from app.inventory.sql.claims import claims_of
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, stocked, wish

SOON = NOW + timedelta(minutes=15)
LAST = NOW + timedelta(minutes=30)
ENDS = Statement("SELECT DISTINCT expires_at, extendable_until, extended_at, reason FROM holds")


def cart(*demands: Demand) -> HoldRequest:
    return HoldRequest("CART", new_id(), demands, expires_at=SOON, reason="CART", extendable_until=LAST)


async def trim(db: Database, owner: HoldRequest, *demands: Demand) -> int:
    request = HoldRequest("CART", owner.owner_id, demands)
    return await db.in_write(lambda tx: trim_reservation(tx, request, actor="test"))


async def held(db: Database, owner: HoldRequest) -> list[Claim]:
    async with db.read() as tx:
        return await claims_of(tx, owner.owner_id)


async def test_the_rest_goes_back_and_ends_and_extensions_stay(db: Database) -> None:
    shirt, [near, far] = await stocked(db, 3, 3)
    mine = cart(Demand(1, shirt, 5, (near, far), may_split=True))
    await hold(db, mine)
    later = SOON + timedelta(minutes=5)
    await db.in_write(lambda tx: extend_reservation(tx, mine.owner_id, expires_at=later, now=NOW))
    assert await trim(db, mine, Demand(2, shirt, 4, (far, near), may_split=True)) == 1
    assert await held(db, mine) == [Claim(2, shirt, near, 2), Claim(2, shirt, far, 2)]
    assert await counters(db) == {(shirt, near): (3, 2, 0, 0), (shirt, far): (3, 2, 0, 0)}
    async with db.read() as tx:
        assert [tuple(row) for row in await tx.fetch(ENDS)] == [(later, LAST, NOW, "CART")]


async def test_nothing_is_added_and_what_fits_is_not_moved(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    mine = cart(Demand(1, shirt, 2, (store,)))
    await hold(db, mine)
    before = await movements(db)
    assert await trim(db, mine, Demand(1, shirt, 7, (store,), may_split=True)) == 0
    assert await movements(db) == before
    assert await trim(db, mine) == 2
    assert await held(db, mine) == []
    assert await trim(db, mine) == 0


@pytest.mark.parametrize("attempt", range(3))
async def test_what_is_given_back_goes_to_others_once(db: Database, attempt: int) -> None:
    shirt, [store] = await stocked(db, 6)
    owners = [cart(Demand(1, shirt, 2, (store,))) for _ in range(3)]
    await hold(db, *owners)

    async def take() -> int:
        for _ in range(attempt):
            await asyncio.sleep(0)
        [verdict] = await db.in_write(lambda tx: hold_stock(tx, [wish(shirt, 1, store)], actor="test"))
        return len(verdict.claims)

    trims = [trim(db, owner, Demand(1, shirt, 1, (store,))) for owner in owners]
    results = await asyncio.gather(*trims, *(take() for _ in range(8)))
    assert results[:3] == [1, 1, 1]
    assert sum(results[3:]) <= 3
    assert await counters(db) == {(shirt, store): (6, 3, sum(results[3:]), 0)}
