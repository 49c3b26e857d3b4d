"""A draft becomes a transfer that holds its units."""

import asyncio
from typing import Any

import pytest

from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.make_transfer_ready import make_transfer_ready
from app.inventory.errors import InsufficientStock
from app.inventory.model.selling import SellingPolicy
from app.inventory.model.transfers import TransferLineDraft
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, put_stock, stocked, wish
from tests.inventory.selling import ask, queue, sell_ahead, waiting
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


async def queued(db: Database, policy: SellingPolicy = SellingPolicy.BACKORDER) -> tuple[int, int, int]:
    """Ten units lie at the first place; five are waited for that it may serve, and seven that it may not."""
    shirt, [warehouse, store] = await stocked(db, 0, 0)
    async with db.write() as tx:
        await sell_ahead(tx, shirt, 20, policy)
    for units, places in ((5, (warehouse, store)), (7, (store,))):
        await hold(db, await ask(db, shirt, units, *places))
    async with db.write() as tx:
        await put_stock(tx, shirt, warehouse, 10)
    return shirt, warehouse, store


async def made(tx: WriteTx, source: int, destination: int, *lines: tuple[int, int], **options: Any) -> Any:
    drafts = [TransferLineDraft(*line) for line in lines]
    return await create_transfer(
        tx, from_location_id=source, to_location_id=destination, lines=drafts, actor="test", now=NOW, **options
    )


@pytest.mark.parametrize("policy", [SellingPolicy.BACKORDER, SellingPolicy.PREORDER])
async def test_units_that_somebody_waits_for_stay_unless_the_transfer_says_otherwise(
    db: Database, policy: SellingPolicy
) -> None:
    shirt, warehouse, store = await queued(db, policy)
    before = await queue(db)
    for lines, requested in ((((shirt, 6),), 6), (((shirt, 4), (shirt, 4)), 8)):
        with pytest.raises(InsufficientStock, match="5 are waited for") as refusal:
            await db.in_write(lambda tx, lines=lines: made(tx, warehouse, store, *lines))
        assert refusal.value.facts == {
            "requested": requested, "available": 5, "waiting": 5, "variant_id": shirt, "line_no": 1
        }  # fmt: skip
    assert await counters(db) == {(shirt, warehouse): (10, 0, 0, 0)}
    await db.in_write(lambda tx: made(tx, warehouse, store, (shirt, 5)))
    with pytest.raises(InsufficientStock, match="0 of 1 units"):
        await db.in_write(lambda tx: made(tx, warehouse, store, (shirt, 1)))
    draft = await db.in_write(lambda tx: made(tx, warehouse, store, (shirt, 2), is_draft=True))
    with pytest.raises(InsufficientStock):
        await db.in_write(lambda tx: make_transfer_ready(tx, draft, actor="test", now=NOW))
    await db.in_write(lambda tx: make_transfer_ready(tx, draft, overtakes_queue=True, actor="test", now=NOW))
    await db.in_write(lambda tx: made(tx, warehouse, store, (shirt, 3), overtakes_queue=True))
    assert await counters(db) == {(shirt, warehouse): (10, 0, 10, 0)}
    assert (await queue(db), await waiting(db)) == (before, {shirt: (12, 20)})


async def test_whoever_begins_to_wait_while_units_are_sent_comes_before_or_after(db: Database) -> None:
    """Ten units. Buyers of four, who wait because nobody may sell the shelf before the release, and a transfer of ten:
    it leaves with all while nobody waits, or not at all.
    """
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    async with db.write() as tx:
        await sell_ahead(tx, shirt, 4, SellingPolicy.PREORDER)
    buyer = await ask(db, shirt, 4, warehouse)
    sending = db.in_write(lambda tx: made(tx, warehouse, store, (shirt, 10)))
    results = await asyncio.gather(hold(db, buyer), sending, return_exceptions=True)
    waits = await waiting(db) == {shirt: (4, 4)}
    assert waits
    assert isinstance(results[1], InsufficientStock) or (await queue(db))[0][2] == 4
    sent = (await counters(db))[shirt, warehouse][2]
    assert sent == (0 if isinstance(results[1], InsufficientStock) else 10)
