"""Money is taken once, and only when it was set aside or is due."""

import asyncpg
import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.payments.actions.capture_payment import capture_payment
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.model import AuthorizationResult
from tests.conftest import NOW
from tests.payments.builders import make_payment, payment_row, set_order


async def test_money_due_at_the_counter_is_taken_once(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method="PAY_AT_PICKUP")
        for _ in range(2):
            await capture_payment(tx, order_id, now=NOW)
        await set_order(tx, order_id, "CAPTURED")
    row = await payment_row(db, order_id)
    assert (row["status"], row["captured_minor"]) == ("CAPTURED", 2740)


async def test_money_is_taken_in_parts_and_the_last_one_ends_it(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method="PAY_AT_PICKUP")
        for amount in (700, 40):
            row = await capture_payment(tx, order_id, amount_minor=amount, is_last=False, now=NOW)
        assert (row["status"], row["captured_minor"]) == ("DUE_AT_PICKUP", 740)
        for _ in range(2):
            row = await capture_payment(tx, order_id, amount_minor=0, now=NOW)
            assert (row["status"], row["captured_minor"]) == ("CAPTURED", 740)
        await set_order(tx, order_id, "CAPTURED")


async def test_never_more_is_taken_than_the_amount(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method="PAY_AT_PICKUP")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.in_write(lambda tx: capture_payment(tx, order_id, amount_minor=2741, now=NOW))
    assert (await payment_row(db, order_id))["captured_minor"] == 0


async def test_a_card_that_was_declined_is_not_charged(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx)
        await record_authorizations(tx, {order_id: AuthorizationResult(failure="card_declined")}, now=NOW)
        await set_order(tx, order_id, "FAILED", "CANCELED")
        with pytest.raises(InvalidTransition) as refusal:
            await capture_payment(tx, order_id, now=NOW)
    assert refusal.value.facts == {"current_status": "FAILED"}
    assert (await payment_row(db, order_id))["status"] == "FAILED"


async def test_no_payment_no_money(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await capture_payment(tx, new_id(), now=NOW)
