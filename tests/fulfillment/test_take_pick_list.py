"""A list is taken with the work in it, whoever changes it meanwhile."""

import asyncio

from app.fulfillment.actions.complete_pick_list import complete_pick_list
from app.fulfillment.actions.merge_works import merge_works
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.listing import list_row, listed, many_orders, works_of


async def test_merging_and_completing_at_once_lose_no_work(db: Database) -> None:
    shop, works = await many_orders(db, 8)
    first, second = await listed(db, shop.warehouse, works[:4]), await listed(db, shop.warehouse, works[4:])

    async def run(step: object) -> None:
        async def work(tx: WriteTx) -> None:
            if step == "merge":
                await merge_works(tx, works[2:6], actor=STAFF, now=NOW)
            else:
                await complete_pick_list(tx, second, actor=STAFF, now=NOW)

        try:
            await db.in_write(work)
        except InvalidTransition:
            return

    await asyncio.gather(*(run(step) for step in ("merge", "complete", "merge", "complete")))
    assert (await list_row(db, second))["status"] == "DONE"
    of_first, of_second = await works_of(db, first), await works_of(db, second)
    assert sorted([*of_first, *of_second]) == sorted({*of_first, *of_second})
    assert len(of_first) + len(of_second) == 8
    assert {status for _, status in of_second} == {"DONE"}
