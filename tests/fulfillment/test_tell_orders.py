"""Histories of orders tell of their goods."""

from app.fulfillment.actions.tell_orders import tell_orders
from app.kit.db import Database
from app.orders.model import OrderHistoryKind as K
from tests.conftest import NOW
from tests.fulfillment.builders import home, one_more_planned, planned_order
from tests.fulfillment.views import everything, history_of


async def test_each_line_is_a_version_of_its_order_in_their_order(db: Database) -> None:
    shop, first = await planned_order(db, home)
    second = await one_more_planned(db, shop)
    before = {row["id"]: row["version"] for row in (await everything(db))["orders"]}
    told = [(first, K.PICKUP_CHANGED, {"n": 1}), (second, K.PICKUP_READY, {}), (first, K.PICKUP_EXTENDED, {"n": 2})]
    async with db.write() as tx:
        await tell_orders(tx, told, actor="key:x", now=NOW)
    assert (await history_of(db, first))[-2:] == ["PICKUP_CHANGED", "PICKUP_EXTENDED"]
    assert (await history_of(db, second))[-1] == "PICKUP_READY"
    after = {row["id"]: row["version"] - before[row["id"]] for row in (await everything(db))["orders"]}
    assert after == {first: 2, second: 1}
