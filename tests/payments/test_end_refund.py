"""The provider's answer ends a refund, once."""

from app.kit.db import Database
from app.kit.ids import new_id
from app.payments.actions.end_refund import end_refund
from app.payments.actions.start_refund import start_refund
from app.payments.model import RefundReason, RefundResult
from tests.conftest import NOW
from tests.payments.builders import payment_row, refunds_of, take_all


async def test_it_is_done_once(db: Database) -> None:
    order_id = await take_all(db)
    async with db.write() as tx:
        refund_id, _ = await start_refund(tx, order_id, 700, reason=RefundReason.OTHER, note=None, actor="a", now=NOW)
        before = await end_refund(tx, refund_id, RefundResult(reference="r-1"), now=NOW)
        assert before is not None
        assert before["status"] == "PENDING"
        assert await end_refund(tx, refund_id, RefundResult(failure="too late"), now=NOW) is None
        assert await end_refund(tx, new_id(), RefundResult(reference="r-2"), now=NOW) is None
    [refund] = await refunds_of(db, order_id)
    assert (refund["status"], refund["provider_reference"], refund["failure"], refund["settled_at"]) == (
        "DONE", "r-1", None, NOW,
    )  # fmt: skip
    assert (await payment_row(db, order_id))["refunded_minor"] == 700


async def test_what_failed_can_be_given_back_anew(db: Database) -> None:
    order_id = await take_all(db)
    async with db.write() as tx:
        for failure in ("card_expired", None):
            refund_id, _ = await start_refund(
                tx, order_id, 2000, reason=RefundReason.OTHER, note=None, actor="a", now=NOW
            )
            await end_refund(tx, refund_id, RefundResult(failure=failure), now=NOW)
    refunds = await refunds_of(db, order_id)
    assert [(one["status"], one["failure"]) for one in refunds] == [("FAILED", "card_expired"), ("DONE", None)]
    assert (await payment_row(db, order_id))["refunded_minor"] == 2000
