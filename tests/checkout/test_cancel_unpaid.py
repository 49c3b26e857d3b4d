"""An order without a payment is given up, and no other."""

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.kit.db import Database
from app.orders.model import OrderStatus
from tests.checkout.builders import CARD, TRACES, check_out, holds_of, make_shop, ready_cart
from tests.conftest import NOW
from tests.inventory.builders import counters
from tests.orders.builders import order_row, row_counts
from tests.payments.builders import payment_row


async def test_units_payment_and_order_are_given_up_together_once(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"), CARD)
    async with db.write() as tx:
        assert await cancel_unpaid(tx, order_id, actor="system", now=NOW) is OrderStatus.CANCELED
    order = await order_row(db, order_id)
    assert (order["status"], order["payment_status"], order["canceled_at"]) == ("CANCELED", "VOIDED", NOW)
    payment = await payment_row(db, order_id)
    assert (payment["status"], payment["token"]) == ("VOIDED", None)
    assert await holds_of(db, order_id) == []
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (2, 0, 0, 0)}
    before = await row_counts(db, *TRACES)
    async with db.write() as tx:
        assert await cancel_unpaid(tx, order_id, actor="system", now=NOW) is OrderStatus.CANCELED
    assert await row_counts(db, *TRACES) == before


async def test_a_placed_order_stays(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"))
    before = await order_row(db, order_id)
    async with db.write() as tx:
        assert await cancel_unpaid(tx, order_id, actor="system", now=NOW) is OrderStatus.PLACED
    assert await order_row(db, order_id) == before
