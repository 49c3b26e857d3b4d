"""A payment is given up before the money was taken, and only then."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.ids import new_id
from app.payments.actions.capture_payment import capture_payment
from app.payments.actions.void_payment import void_payment
from tests.conftest import NOW
from tests.payments.builders import make_payment, payment_row, set_order


@pytest.mark.parametrize("method", ["CARD", "PAY_AT_PICKUP"])
async def test_open_money_is_given_up_once(db: Database, method: str) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method=method)
        for _ in range(2):
            await void_payment(tx, order_id, now=NOW)
        await set_order(tx, order_id, "VOIDED", "CANCELED")
    row = await payment_row(db, order_id)
    assert (row["status"], row["token"]) == ("VOIDED", None)


async def test_taken_money_is_not_given_up(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method="PAY_AT_PICKUP")
        await capture_payment(tx, order_id, now=NOW)
        await set_order(tx, order_id, "CAPTURED")
        with pytest.raises(InvalidTransition) as refusal:
            await void_payment(tx, order_id, now=NOW)
    assert refusal.value.facts == {"current_status": "CAPTURED"}
    assert (await payment_row(db, order_id))["status"] == "CAPTURED"


async def test_an_order_without_a_payment_has_nothing_to_give_up(db: Database) -> None:
    async with db.write() as tx:
        assert await void_payment(tx, new_id(), now=NOW) is None
