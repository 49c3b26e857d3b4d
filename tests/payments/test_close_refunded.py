"""A payment is REFUNDED when everything is back, and not before."""

import pytest

from app.kit.db import Database
from app.kit.ids import new_id
from app.payments.actions.close_refunded import close_refunded
from app.payments.actions.end_refund import end_refund
from app.payments.actions.start_refund import start_refund
from app.payments.model import RefundReason, RefundResult
from tests.conftest import NOW
from tests.payments.builders import payment_row, set_order, take_all


@pytest.mark.parametrize(("amount", "ends", "is_over"), [(2740, True, True), (2740, False, False), (2739, True, False)])
async def test_all_of_it(db: Database, amount: int, *, ends: bool, is_over: bool) -> None:
    order_id = await take_all(db)
    async with db.write() as tx:
        refund_id, _ = await start_refund(
            tx, order_id, amount, reason=RefundReason.OTHER, note=None, actor="a", now=NOW
        )
        if ends:
            await end_refund(tx, refund_id, RefundResult(reference="r"), now=NOW)
        assert await close_refunded(tx, order_id, now=NOW) is is_over
        assert not await close_refunded(tx, order_id, now=NOW)
        if is_over:
            await set_order(tx, order_id, "REFUNDED")
    assert (await payment_row(db, order_id))["status"] == ("REFUNDED" if is_over else "CAPTURED")


async def test_without_refunds_nothing_ends(db: Database) -> None:
    order_id = await take_all(db)
    async with db.write() as tx:
        assert not await close_refunded(tx, order_id, now=NOW)
        assert not await close_refunded(tx, new_id(), now=NOW)
    assert (await payment_row(db, order_id))["status"] == "CAPTURED"
