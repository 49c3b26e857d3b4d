"""Picking for several orders is done in one walk."""

import pytest

from app.fulfillment.actions.merge_works import merge_works
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order, store_pickup
from tests.fulfillment.listing import list_row, listed, many_orders, works_of
from tests.fulfillment.views import everything
from tests.fulfillment.work import work_id_of


async def test_the_oldest_list_takes_it_and_empty_ones_end(db: Database) -> None:
    shop, works = await many_orders(db, 5)
    first, second = await listed(db, shop.warehouse, works[:1]), await listed(db, shop.warehouse, works[1:3])
    third = await listed(db, shop.warehouse, works[3:4])
    async with db.write() as tx:
        assert await merge_works(tx, [works[4], works[2], works[3], works[0]], actor=STAFF, now=NOW) == first
    assert [work_id for work_id, _ in await works_of(db, first)] == [works[0], *works[2:]]
    assert [work_id for work_id, _ in await works_of(db, second)] == [works[1]]
    assert [(await list_row(db, one))["status"] for one in (first, second, third)] == ["OPEN", "OPEN", "CANCELED"]


async def test_what_is_in_no_list_gets_a_new_one(db: Database) -> None:
    _, works = await many_orders(db, 2)
    async with db.write() as tx:
        list_id = await merge_works(tx, works, actor=STAFF, now=NOW)
    assert len(await works_of(db, list_id)) == 2


async def test_only_picking_at_one_place(db: Database) -> None:
    await planned_order(db, home, lambda shop: home(shop, source=shop.store), store_pickup)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT id FROM work_instructions WHERE kind = 'PICK' ORDER BY id")
    picks = [row["id"] for row in rows]
    before = await everything(db)
    for ids in (picks, [await work_id_of(db, "PREPARE_PICKUP")]):
        with pytest.raises(InvalidTransition):
            async with db.write() as tx:
                await merge_works(tx, ids, actor=STAFF, now=NOW)
    assert await everything(db) == before
