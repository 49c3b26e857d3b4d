"""Nobody walks with a list."""

import pytest

from app.fulfillment.actions.cancel_pick_list import cancel_pick_list
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.listing import list_row, listed, many_orders, works_of


async def test_its_work_can_be_listed_again(db: Database) -> None:
    shop, works = await many_orders(db, 3)
    list_id = await listed(db, shop.warehouse)
    async with db.write() as tx:
        await cancel_pick_list(tx, list_id, actor=STAFF, now=NOW)
    assert (await list_row(db, list_id))["status"] == "CANCELED"
    assert await works_of(db, list_id) == []
    with pytest.raises(InvalidTransition):
        async with db.write() as tx:
            await cancel_pick_list(tx, list_id, actor=STAFF, now=NOW)
    assert [work_id for work_id, _ in await works_of(db, await listed(db, shop.warehouse))] == works
