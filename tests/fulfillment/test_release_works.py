"""Work that was on hold goes on as what it has become by then."""

import pytest

from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.release_works import release_works
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order
from tests.fulfillment.views import everything
from tests.fulfillment.work import work_id_of, work_row


async def test_shipping_that_was_held_is_open_once_the_goods_are_picked(db: Database) -> None:
    await planned_order(db, home)
    pick, ship = await work_id_of(db, "PICK"), await work_id_of(db, "SHIP")
    async with db.write() as tx:
        await hold_works(tx, [ship], "wait", actor=STAFF, now=NOW)
        await complete_work(tx, pick, actor=STAFF, now=NOW)
        await release_works(tx, [ship], actor=STAFF, now=NOW)
    assert (await work_row(db, ship))["status"] == "OPEN"


async def test_all_or_none(db: Database) -> None:
    await planned_order(db, home)
    pick, ship = await work_id_of(db, "PICK"), await work_id_of(db, "SHIP")
    async with db.write() as tx:
        await hold_works(tx, [pick], "wait", actor=STAFF, now=NOW)
    before = await everything(db)
    with pytest.raises(InvalidTransition):
        async with db.write() as tx:
            await release_works(tx, [pick, ship], actor=STAFF, now=NOW)
    assert await everything(db) == before
