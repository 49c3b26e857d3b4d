"""Many promises that were broken by one late van are moved on together."""

from datetime import timedelta
from typing import Any

from app.fulfillment.actions.redate_promises import redate_promises
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import one_more_planned, planned_order, store_pickup
from tests.fulfillment.views import pickup_of


async def test_the_number_of_statements_does_not_grow_with_what_is_on_time(db: Database, count_statements: Any) -> None:
    shop, first = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    more = [lambda shop: store_pickup(shop, source=shop.other_store)] * 3
    orders = [first, *[await one_more_planned(db, shop, part) for part in more]]
    promised = {(await pickup_of(db, order)).ready_by for order in orders}
    assert len(promised) == 1
    late = promised.pop() + timedelta(seconds=1)
    assert await db.in_write(lambda tx: redate_promises(tx, now=NOW, limit=10)) == 0
    assert await db.in_write(lambda tx: redate_promises(tx, now=late, limit=3)) == 3
    assert await db.in_write(lambda tx: redate_promises(tx, now=late, limit=3)) == 1
    assert {(await pickup_of(db, order)).ready_by > late for order in orders} == {True}
    with count_statements() as counted:
        assert await db.in_write(lambda tx: redate_promises(tx, now=late, limit=3)) == 0
    assert counted.total == 1
