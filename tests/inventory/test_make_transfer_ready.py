"""A draft becomes a transfer that holds its units."""

import asyncio

import pytest

from app.inventory.actions.make_transfer_ready import make_transfer_ready
from app.inventory.errors import InsufficientStock
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, stocked, wish
from tests.inventory.transfers import send, state


async def test_its_units_are_promised_all_or_none(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4), (shirt, 3), is_draft=True)
    await hold(db, wish(shirt, 4, warehouse))
    with pytest.raises(InsufficientStock) as refusal:
        async with db.write() as tx:
            await make_transfer_ready(tx, transfer_id, actor="test", now=NOW)
    assert refusal.value.facts == {"requested": 3, "available": 2, "variant_id": shirt, "line_no": 2}
    assert await counters(db) == {(shirt, warehouse): (10, 0, 4, 0)}
    smaller = await send(db, warehouse, store, (shirt, 6), is_draft=True)
    async with db.write() as tx:
        await make_transfer_ready(tx, smaller, expected_version=1, actor="test", now=NOW)
    assert await state(db, smaller) == ("READY_TO_SHIP", 2, [(6, 0, 0, 0)])
    assert await counters(db) == {(shirt, warehouse): (10, 0, 10, 0)}
    assert [fact["status"] for fact in await facts(db, "transfer_changed")] == ["READY_TO_SHIP"]


async def test_of_drafts_that_want_the_same_units_as_many_get_them_as_there_are(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    drafts = [await send(db, warehouse, store, (shirt, 3), is_draft=True) for _ in range(8)]

    async def ready(number: int) -> None:
        await db.in_write(lambda tx: make_transfer_ready(tx, drafts[number % 8], actor="test", now=NOW))

    results = await asyncio.gather(*(ready(number) for number in range(16)), return_exceptions=True)
    assert results.count(None) == 3
    assert all(isinstance(one, InsufficientStock | InvalidTransition) for one in results if one is not None)
    assert await counters(db) == {(shirt, warehouse): (10, 0, 9, 0)}
