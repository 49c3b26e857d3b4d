"""Money goes back in parts, never more than was taken."""

import asyncio

import pytest

from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError, InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from app.payments.actions.start_refund import start_refund
from app.payments.errors import RefundTooLarge
from app.payments.model import RefundReason, RefundStatus, refund_due
from tests.conftest import NOW
from tests.payments.builders import make_payment, payment_row, refunds_of, take_all


async def give(tx: WriteTx, order_id: object, amount: int) -> RefundStatus:
    _, status = await start_refund(
        tx, order_id, amount, reason=RefundReason.GOODWILL, note="a note", actor="key:s", now=NOW
    )
    return status


async def test_a_card_company_is_waited_for(db: Database) -> None:
    order_id = await take_all(db)
    assert await db.in_write(lambda tx: give(tx, order_id, 740)) is RefundStatus.PENDING
    [refund] = await refunds_of(db, order_id)
    assert {name: refund[name] for name in ("amount_minor", "currency", "status", "reason", "note", "actor")} == {
        "amount_minor": 740, "currency": "JPY", "status": "PENDING", "reason": "GOODWILL", "note": "a note",
        "actor": "key:s",
    }  # fmt: skip
    assert (refund["settled_at"], refund["created_at"]) == (None, NOW)
    row = await payment_row(db, order_id)
    assert (row["status"], row["captured_minor"], row["refunded_minor"]) == ("CAPTURED", 2740, 740)


async def test_what_was_paid_at_the_counter_is_given_back_there(db: Database) -> None:
    order_id = await take_all(db, method="PAY_AT_PICKUP")
    assert await db.in_write(lambda tx: give(tx, order_id, 40)) is RefundStatus.DONE
    [refund] = await refunds_of(db, order_id)
    assert (refund["status"], refund["settled_at"]) == ("DONE", NOW)


async def test_many_at_once_never_get_more_than_was_taken(db: Database) -> None:
    order_id = await take_all(db)
    answers = await asyncio.gather(
        *(db.in_write(lambda tx: give(tx, order_id, 1000)) for _ in range(5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert [type(one) for one in refused] == [RefundTooLarge] * 3
    assert {one.facts["refundable_minor"] for one in refused} == {740}
    assert (await payment_row(db, order_id))["refunded_minor"] == 2000
    assert len(await refunds_of(db, order_id)) == 2


@pytest.mark.parametrize("amount", [0, -1])
async def test_nothing_is_no_refund(db: Database, amount: int) -> None:
    order_id = await take_all(db)
    with pytest.raises(InvalidInput) as refusal:
        await db.in_write(lambda tx: give(tx, order_id, amount))
    assert refusal.value.path == ["input", "amountMinor"]
    assert await refunds_of(db, order_id) == []


async def test_only_money_that_was_taken_comes_back(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx, method="PAY_AT_PICKUP")
    with pytest.raises(InvalidTransition) as refusal:
        await db.in_write(lambda tx: give(tx, order_id, 1))
    assert refusal.value.facts == {"current_status": "DUE_AT_PICKUP"}
    with pytest.raises(NotFound):
        await db.in_write(lambda tx: give(tx, new_id(), 1))
    assert await refunds_of(db, order_id) == []


@pytest.mark.parametrize(
    ("captured", "refunded", "canceled", "due"),
    [(3000, 0, 0, 0), (3000, 0, 1000, 1000), (3000, 400, 1000, 600), (3000, 1000, 1000, 0), (3000, 2000, 1000, 0),
     (2000, 0, 1000, 0), (2500, 0, 1000, 500), (3000, 0, 4000, 3000), (0, 0, 3000, 0)],
)  # fmt: skip
def test_what_is_due(captured: int, refunded: int, canceled: int, due: int) -> None:
    found = refund_due(amount_minor=3000, captured_minor=captured, refunded_minor=refunded, canceled_minor=canceled)
    assert found == due
