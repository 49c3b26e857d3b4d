"""A transfer leaves."""

import asyncio
from datetime import timedelta

import pytest

from app.inventory.actions.release_holds import release_holds
from app.inventory.errors import InsufficientStock
from app.inventory.model import Claim
from app.inventory.sql import claims_of
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish
from tests.inventory.transfers import send, ship, state, transit


async def test_units_and_their_promise_move_to_the_place_of_units_under_way(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    under_way = await transit(db)
    assert await state(db, transfer_id) == ("IN_TRANSIT", 2, [(4, 4, 0, 0)])
    assert await counters(db) == {(shirt, warehouse): (6, 0, 0, 0), (shirt, under_way): (4, 0, 4, 0)}
    assert sorted((await movements(db))[2:]) == [
        ("TRANSFERRED_IN", 4, 0, 4, under_way),
        ("TRANSFERRED_OUT", -4, 0, -4, warehouse),
    ]
    assert [fact["transfer_id"] for fact in await facts(db, "transfer_shipped")] == [str(transfer_id)]


async def test_an_orders_units_stay_allocated_to_the_order(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 1)
    request = wish(shirt, 5, store, warehouse, may_split=True)
    await hold(db, request)
    transfer_id = await send(db, warehouse, store, (shirt, 3, 1), order_id=request.owner_id)
    rest = await send(db, warehouse, store, (shirt, 1, 1), order_id=request.owner_id)
    await ship(db, transfer_id)
    await ship(db, rest)
    under_way = await transit(db)
    async with db.read() as tx:
        assert sorted((claim.location_id, claim.quantity) for claim in await claims_of(tx, request.owner_id)) == sorted(
            [(store, 1), (under_way, 4)]
        )
    assert await counters(db) == {
        (shirt, store): (1, 0, 1, 0),
        (shirt, warehouse): (6, 0, 0, 0),
        (shirt, under_way): (4, 0, 4, 0),
    }


async def test_what_the_order_does_not_hold_for_good_stays_where_it_is(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    unpaid = wish(shirt, 2, warehouse, expires_at=NOW + timedelta(minutes=15))
    canceled = wish(shirt, 2, warehouse)
    await hold(db, unpaid, canceled)
    async with db.write() as tx:
        assert await release_holds(tx, canceled.owner_id, actor="test") == [Claim(1, shirt, warehouse, 2)]
    before = await counters(db)
    for request in (unpaid, canceled):
        transfer_id = await send(db, warehouse, store, (shirt, 2, 1), order_id=request.owner_id)
        with pytest.raises(InsufficientStock) as refusal:
            await ship(db, transfer_id)
        assert refusal.value.facts["available"] == 0
        assert (await state(db, transfer_id))[0] == "READY_TO_SHIP"
    assert await counters(db) == before


async def test_unknown_and_shipped_transfers_cannot_be_shipped(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    with pytest.raises(InvalidTransition) as refusal:
        await ship(db, transfer_id)
    assert refusal.value.facts == {"current_status": "IN_TRANSIT"}
    with pytest.raises(NotFound):
        await ship(db, new_id())
    assert (await counters(db))[shirt, warehouse] == (6, 0, 0, 0)


async def test_shipped_twice_in_parallel_leaves_once(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    results = await asyncio.gather(*(ship(db, transfer_id) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, InvalidTransition) for result in results) == 5
    assert (await counters(db))[shirt, warehouse] == (6, 0, 0, 0)


async def test_transfers_in_opposite_directions_never_deadlock(db: Database) -> None:
    shirt, [east, west] = await stocked(db, 40, 40)
    there = [await send(db, east, west, (shirt, 1)) for _ in range(10)]
    back = [await send(db, west, east, (shirt, 1)) for _ in range(10)]
    await asyncio.gather(*(ship(db, transfer_id) for pair in zip(there, back, strict=True) for transfer_id in pair))
    assert await counters(db) == {
        (shirt, east): (30, 0, 0, 0),
        (shirt, west): (30, 0, 0, 0),
        (shirt, await transit(db)): (20, 0, 20, 0),
    }
