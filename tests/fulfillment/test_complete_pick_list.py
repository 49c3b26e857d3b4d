"""Somebody comes back with all of a list."""

import asyncio
from dataclasses import replace

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.complete_pick_list import complete_pick_list
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.model.work import ShortReason
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.listing import lines_of_list, list_row, listed, many_orders, works_of
from tests.fulfillment.views import everything, work_rows
from tests.fulfillment.work import work_row


async def test_all_that_can_be_done_is_done(db: Database) -> None:
    shop, works = await many_orders(db, 4)
    list_id = await listed(db, shop.warehouse)
    async with db.write() as tx:
        await complete_work(tx, works[0], actor=STAFF, now=NOW)
        await hold_works(tx, [works[1]], "wait", actor=STAFF, now=NOW)
    async with db.write() as tx:
        lines, reason = [ShortLine(1, 1)], ShortReason.NOT_IN_STOCK
        await report_short(tx, works[2], lines, reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
    # What is missing or on hold is not picked.
    assert await lines_of_list(db, list_id) == [("CAP", None, 2, 1), ("SHIRT", None, 2, 2)]
    async with db.write() as tx:
        await complete_pick_list(tx, list_id, actor=STAFF, now=NOW)
    row = await list_row(db, list_id)
    assert (row["status"], row["completed_at"], row["completed_by"]) == ("DONE", NOW, "key:staff")
    assert [status for _, status in await works_of(db, list_id)] == ["DONE", "REJECTED", "DONE"]
    held = await work_row(db, works[1])
    assert (held["status"], held["pick_list_id"]) == ("ON_HOLD", None)
    ships = [
        row["status"] for row in await work_rows(db) if row["kind"] == "SHIP" and row["location_id"] == shop.warehouse
    ]
    assert ships == ["OPEN", "WAITING", "CANCELED", "OPEN"]


async def test_once_and_only_where_the_key_may(db: Database) -> None:

    shop, _ = await many_orders(db, 2)
    list_id = await listed(db, shop.warehouse)
    clerk = replace(STAFF, location_ids=frozenset({shop.store}))
    before = await everything(db)
    for one, actor in ((list_id, clerk), (new_id(), STAFF)):
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await complete_pick_list(tx, one, actor=actor, now=NOW)
    assert await everything(db) == before

    async def complete() -> bool:
        async def work(tx: WriteTx) -> None:
            await complete_pick_list(tx, list_id, actor=STAFF, now=NOW)

        try:
            await db.in_write(work)
        except InvalidTransition:
            return False
        return True

    assert sum(await asyncio.gather(*(complete() for _ in range(4)))) == 1


async def test_the_number_of_statements_does_not_depend_on_that_of_the_orders(db: Database) -> None:
    counts: list[int] = []
    shop, works = await many_orders(db, 12)
    for size in (2, 10):
        list_id = await listed(db, shop.warehouse, max_orders=size)
        async with db.write() as tx:
            calls = [0]
            for name in ("fetch", "fetchrow", "fetchval", "execute"):
                _count(tx, name, calls)
            await complete_pick_list(tx, list_id, actor=STAFF, now=NOW)
        counts.append(calls[0])
    assert counts[0] == counts[1]
    assert len(works) == 12


def _count(tx: WriteTx, name: str, calls: list[int]) -> None:
    original = getattr(tx, name)

    async def counted(*arguments: object, **values: object) -> object:
        calls[0] += 1
        return await original(*arguments, **values)

    setattr(tx, name, counted)
