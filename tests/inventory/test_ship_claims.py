"""Allocated units leave."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.inventory.actions.ship_claims import ship_claims
from app.inventory.errors import InsufficientStock
from app.inventory.model import Claim, Demand
from app.inventory.sql import claims_of
from app.kit.db import Database
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, stocked, wish


async def test_shipping_takes_units_off_hand_and_ends_the_promise(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    request = wish(shirt, 3, store)
    await hold(db, request)
    async with db.write() as tx:
        await ship_claims(tx, request.owner_id, [Claim(1, shirt, store, 1)], actor="test")
        assert await claims_of(tx, request.owner_id) == [Claim(1, shirt, store, 2)]
    async with db.write() as tx:
        await ship_claims(tx, request.owner_id, [Claim(1, shirt, store, 2)], kind="HANDED_OVER", actor="test")
        await ship_claims(tx, request.owner_id, [], actor="test")
        assert await claims_of(tx, request.owner_id) == []
    assert await counters(db) == {(shirt, store): (2, 0, 0, 0)}
    assert (await movements(db))[2:] == [("SHIPPED", -1, 0, -1, store), ("HANDED_OVER", -2, 0, -2, store)]


async def test_what_is_not_allocated_cannot_leave(db: Database) -> None:
    shirt, [store, other] = await stocked(db, 5, 5)
    request = wish(shirt, 2, store)
    await hold(db, request)
    reserved = replace(request, demands=(Demand(2, shirt, 1, (store,)),), expires_at=NOW + timedelta(minutes=5))
    await hold(db, reserved)
    before = await counters(db)
    for claim, available in [
        (Claim(1, shirt, store, 3), 2),
        (Claim(1, shirt, other, 1), 0),
        (Claim(2, shirt, store, 1), 0),
        (Claim(1, shirt, store, 0), 2),
    ]:
        with pytest.raises(InsufficientStock) as refusal:
            async with db.write() as tx:
                await ship_claims(tx, request.owner_id, [claim], actor="test")
        assert refusal.value.facts["available"] == available
    assert await counters(db) == before


async def test_shipped_twice_in_parallel_leaves_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    request = wish(shirt, 3, store)
    await hold(db, request)

    async def ship() -> bool:
        try:
            async with db.write() as tx:
                await ship_claims(tx, request.owner_id, [Claim(1, shirt, store, 3)], actor="test")
        except InsufficientStock:
            return False
        return True

    assert sum(await asyncio.gather(*(ship() for _ in range(5)))) == 1
    assert await counters(db) == {(shirt, store): (2, 0, 0, 0)}
