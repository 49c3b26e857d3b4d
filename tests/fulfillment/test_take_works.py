"""Work is taken with its orders, in one order, so that nobody waits in a circle."""

import asyncio

from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.take_works import take_works
from app.kit.db import Database, WriteTx
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, make_order, planned_order
from tests.fulfillment.views import work_rows


async def test_as_asked_for(db: Database) -> None:
    await planned_order(db, home)
    ids = [row["id"] for row in await work_rows(db)]
    async with db.write() as tx:
        assert [row["id"] for row in await take_works(tx, ids[::-1], actor=STAFF)] == ids[::-1]
        assert await take_works(tx, [], actor=STAFF) == []


async def test_those_who_take_the_same_work_in_other_orders_all_get_it(db: Database) -> None:
    shop, _ = await planned_order(db, home)
    async with db.write() as tx:
        for _ in range(3):
            await plan_work(tx, await make_order(tx, shop, home(shop, units=1)), now=NOW)
    ids = [row["id"] for row in await work_rows(db)]

    async def take(number: int) -> None:
        wanted = ids if number % 2 else ids[::-1]

        async def work(tx: WriteTx) -> None:
            await assign_works(tx, wanted, f"P{number}", actor=STAFF, now=NOW)

        await db.in_write(work)

    await asyncio.gather(*(take(number) for number in range(8)))
    rows = await work_rows(db)
    assert len({row["assignee"] for row in rows}) == 1
    assert {row["version"] for row in rows} == {9}
