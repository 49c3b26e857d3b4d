"""A process that dies in the middle of a sweep: what it had committed stays, the rest is done, each pickup once."""

import asyncio
import sys
from datetime import timedelta
from uuid import UUID

import pytest

from app.fulfillment.jobs import expire_pickups, remind_buyers
from app.kit.db import Database
from tests.conftest import NOW, ROOT
from tests.fulfillment.builders import Shop, konbini_pickup, one_more_planned, planned_order, store_pickup
from tests.fulfillment.views import everything, history_of, make_arrived, make_ready, order_states, pickup_of, stock_of
from tests.kit.feed_tools import PATIENCE_S, until

# Sweeps in batches of two, and hangs with the work of the third one done and not committed.
_SWEEP = """
import asyncio, sys
from datetime import datetime
from app.fulfillment import jobs
from app.kit import sweeps
from app.kit.db import Database

job, action, now, dsn = sys.argv[1:]
sweeps.BATCH, sweeps._WORKERS, batches = 2, 1, 0
work = getattr(jobs, action)

async def hang(tx, due, *, now):
    global batches
    taken = await work(tx, due, now=now)
    batches += 1
    if batches == 3:
        print("in the middle", flush=True)
        await asyncio.sleep(600)
    return taken

async def main():
    await getattr(jobs, job)(await Database.open(dsn), now=datetime.fromisoformat(now))

setattr(jobs, action, hang)
asyncio.run(main())
"""
COUNT = 7


async def _die(db: Database, job: str, action: str, late: timedelta) -> None:
    """Sweep in a process that is killed in the middle."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SWEEP, job, action, (NOW + late).isoformat(), db.dsn,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    async with asyncio.timeout(3 * PATIENCE_S):
        assert await child.stdout.readline() == b"in the middle\n"
    child.kill()
    await child.wait()


async def _statuses(db: Database, orders: list[UUID]) -> list[str]:
    return [(await pickup_of(db, order_id)).status for order_id in orders]


async def _told(db: Database, status: str) -> list[str]:
    """Of which pickups a fact says that they have this status."""
    rows = (await everything(db))["outbox"]
    facts = [row["payload"] for row in rows if row["topic"] == "pickup_changed" and row["key"] != "*"]
    return [fact["number"] for fact in facts if fact["status"] == status]


async def _orders(db: Database, *, is_store: bool) -> tuple[Shop, list[UUID]]:
    part = store_pickup if is_store else konbini_pickup
    shop, first = await planned_order(db, part)
    orders = [first, *[await one_more_planned(db, shop, part) for _ in range(COUNT - 1)]]
    for order_id in orders:
        await (make_ready(db, order_id) if is_store else make_arrived(db, shop, order_id))
    return shop, orders


@pytest.mark.parametrize("is_store", [True, False])
async def test_each_buyer_is_reminded_once(db: Database, *, is_store: bool) -> None:
    _, orders = await _orders(db, is_store=is_store)
    late = timedelta(days=6, hours=1) if is_store else timedelta(days=3, hours=1)
    await _die(db, "remind_buyers", "remind_pickups", late)
    assert (await _statuses(db, orders)).count("EXPIRING") == 4

    async def is_done() -> bool:
        await remind_buyers(db, now=NOW + late)
        return await _statuses(db, orders) == ["EXPIRING"] * COUNT

    await until(is_done)
    assert await remind_buyers(db, now=NOW + late) == 0
    for order_id in orders:
        assert (await history_of(db, order_id)).count("PICKUP_EXPIRING") == 1
    told = await _told(db, "EXPIRING")
    assert len(told) == len(set(told)) == COUNT


async def test_each_pickup_is_given_up_once(db: Database) -> None:
    shop, orders = await _orders(db, is_store=True)
    late = timedelta(days=8, hours=1)
    before, _ = await stock_of(db, shop.variants[1], shop.store)
    await _die(db, "expire_pickups", "expire_due_pickups", late)
    assert (await _statuses(db, orders)).count("EXPIRED") == 4

    async def is_done() -> bool:
        await expire_pickups(db, now=NOW + late)
        return await _statuses(db, orders) == ["EXPIRED"] * COUNT

    await until(is_done)
    assert await expire_pickups(db, now=NOW + late) == 0
    assert await stock_of(db, shop.variants[1], shop.store) == (before, 0)
    for order_id in orders:
        assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
        kinds = await history_of(db, order_id)
        assert (kinds.count("PICKUP_EXPIRED"), kinds.count("UNITS_CANCELED")) == (1, 1)
    told = await _told(db, "EXPIRED")
    assert len(told) == len(set(told)) == COUNT
