"""A payment begins with its order."""

import pytest

from app.kit.db import Database
from app.payments.actions.start_payments import start_payments
from app.payments.errors import PaymentTokenMissing
from app.payments.model import PaymentDraft
from tests.conftest import NOW
from tests.orders.builders import make_ground, make_order, row_counts
from tests.payments.builders import make_payment, payment_row


async def test_a_card_waits_for_its_provider(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx)
    row = await payment_row(db, order_id)
    assert (row["method"], row["provider"], row["status"], row["token"]) == ("CARD", "test-card", "PENDING", "tok_ok")
    assert (row["amount_minor"], row["currency"], row["created_at"]) == (2740, "JPY", NOW)


async def test_pay_at_pickup_keeps_no_token(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method="PAY_AT_PICKUP", token="tok_ok")
    row = await payment_row(db, order_id)
    assert (row["provider"], row["status"], row["token"]) == ("store", "DUE_AT_PICKUP", None)


@pytest.mark.parametrize("token", [None, "", "  "])
async def test_a_card_without_a_token_is_refused(db: Database, token: str | None) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        with pytest.raises(PaymentTokenMissing):
            await start_payments(
                tx, [PaymentDraft(order.id, method="CARD", amount_minor=1, currency="JPY", token=token)], now=NOW
            )
    assert await row_counts(db, "payments") == {"payments": 0}
