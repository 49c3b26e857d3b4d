"""What is due at the hand-over is paid."""

import pytest

from app.fulfillment.actions.take_payment import take_payment
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, planned_order
from tests.fulfillment.views import everything, payment_status


@pytest.mark.parametrize(("units", "paid"), [({1: 2}, 2000), ({1: 1}, 1000), ({}, 0), ({9: 3}, 0)])
async def test_these_units_are_paid_and_the_payment_stays_open(db: Database, units: dict[int, int], paid: int) -> None:
    _, order_id = await planned_order(db, lambda shop: konbini_pickup(shop, units=2), payment="PAY_AT_PICKUP")
    before = await everything(db)
    async with db.write() as tx:
        assert await take_payment(tx, order_id, units, now=NOW) == paid
    after = await everything(db)
    [payment] = after.pop("payments")
    assert (payment["captured_minor"], payment["status"]) == (paid, "DUE_AT_PICKUP")
    before.pop("payments")
    assert after == before
    async with db.write() as tx:  # as nothing was handed over
        await tx.connection.execute("UPDATE payments SET captured_minor = 0")


async def test_what_is_paid_by_card_is_not_paid_again(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    before = await everything(db)
    async with db.write() as tx:
        assert await take_payment(tx, order_id, {1: 1}, now=NOW) is None
    assert await everything(db) == before
    assert await payment_status(db, order_id) == "AUTHORIZED"
