"""Somebody does not want to wait any more."""

import pytest

from app.fulfillment.actions.cancel_backorder import cancel_backorder
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.checkout.builders import (
    make_shop,
    ready_cart,
)
from tests.checkout.selling import pay_by_card, ship_everything
from tests.conftest import NOW
from tests.fulfillment.views import order_states
from tests.inventory.selling import queue, sell_ahead, waiting


async def test_who_does_not_want_to_wait_leaves_the_queue_and_the_rest_of_the_order_stays(db: Database) -> None:
    shop = await make_shop(db, {("B", "warehouse"): 1})
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 3)
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2, "B": 1}))
    alone = await pay_by_card(db, await ready_cart(db, shop, {"A": 1}))
    for line_no in (2, 3):
        with pytest.raises(InvalidTransition):
            await db.in_write(lambda tx, no=line_no: cancel_backorder(tx, order_id, no, actor="staff", now=NOW))
    for one in (order_id, alone):
        await db.in_write(lambda tx, one=one: cancel_backorder(tx, one, 1, actor="staff", now=NOW))
    assert (await queue(db), await waiting(db)) == ([], {shop.variants["A"]: (0, 3)})
    assert await order_states(db, alone) == ("CANCELED", "VOIDED", "CANCELED")
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    await ship_everything(db, order_id)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
