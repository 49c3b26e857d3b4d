"""A transfer is called off."""

import asyncio
from uuid import UUID

import pytest

from app.inventory.actions.cancel_transfer import cancel_transfer
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, stocked, wish
from tests.inventory.transfers import send, ship, state


async def cancel(db: Database, transfer_id: UUID) -> None:
    async with db.write() as tx:
        await cancel_transfer(tx, transfer_id, actor="test", now=NOW)


async def test_units_of_its_own_go_back_on_sale(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await cancel(db, transfer_id)
    assert await state(db, transfer_id) == ("CANCELED", 2, [(4, 0, 0, 0)])
    assert await counters(db) == {(shirt, warehouse): (10, 0, 0, 0)}
    assert [fact["status"] for fact in await facts(db, "transfer_canceled")] == ["CANCELED"]


async def test_an_order_keeps_what_it_holds(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    request = wish(shirt, 4, warehouse)
    await hold(db, request)
    await cancel(db, await send(db, warehouse, store, (shirt, 4, 1), order_id=request.owner_id))
    assert await counters(db) == {(shirt, warehouse): (10, 0, 4, 0)}


async def test_what_has_left_or_does_not_exist_cannot_be_canceled(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    with pytest.raises(InvalidTransition) as refusal:
        await cancel(db, transfer_id)
    assert refusal.value.facts == {"current_status": "IN_TRANSIT"}
    with pytest.raises(NotFound):
        await cancel(db, new_id())


async def test_shipping_and_canceling_race_and_one_of_them_wins(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 40, 0)
    transfers = [await send(db, warehouse, store, (shirt, 2)) for _ in range(12)]
    results = await asyncio.gather(
        *(job(db, transfer_id) for transfer_id in transfers for job in (ship, cancel)), return_exceptions=True
    )
    assert sum(isinstance(result, InvalidTransition) for result in results) == 12
    states = [(await state(db, transfer_id))[0] for transfer_id in transfers]
    shipped = states.count("IN_TRANSIT")
    assert shipped + states.count("CANCELED") == 12
    assert (await counters(db))[shirt, warehouse] == (40 - 2 * shipped, 0, 0, 0)
