"""What a provider says of a refund, whenever and however often it says it."""

from uuid import UUID

import pytest

from app.fulfillment.actions.record_refund import record_refund
from app.fulfillment.actions.refund_order import refund_order
from app.fulfillment.actions.take_back_shipment import take_back_shipment
from app.fulfillment.jobs import refund_started
from app.fulfillment.model.packages import TrackingKind
from app.kit.db import Database
from app.kit.ids import new_id
from app.payments.errors import ProviderUnreachable
from app.payments.model import PROVIDERS, RefundReason, RefundResult
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order
from tests.fulfillment.test_settle_refunds import dues
from tests.fulfillment.views import everything, history_of, packages_of, ship_all, track
from tests.payments.builders import payment_row, refunds_of
from tests.pump import pump


async def _returned(db: Database) -> UUID:
    """An order of 2,000 yen whose card was charged, and whose parcel is back."""
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await pump(db)
    await track(db, package.id, TrackingKind.REFUSED)
    await db.in_write(lambda tx: take_back_shipment(tx, package.shipment_id, actor=STAFF, now=NOW))
    return order_id


async def test_a_refusal_makes_it_due_again(db: Database) -> None:
    order_id = await _returned(db)
    refund_id = await db.in_write(
        lambda tx: refund_order(tx, order_id, 2000, reason=RefundReason.GOODS_RETURNED, actor="key:s", now=NOW)
    )
    assert await dues(db, order_id) == [("CLOSED", 2000)]
    result = RefundResult(failure="card_expired")
    await db.in_write(lambda tx: record_refund(tx, order_id, refund_id, result, now=NOW))
    assert await dues(db, order_id) == [("CLOSED", 2000), ("OPEN", 2000)]
    assert (await history_of(db, order_id))[-1] == "REFUND_FAILED"
    assert (await payment_row(db, order_id))["refunded_minor"] == 0
    before = await everything(db), await refunds_of(db, order_id)
    for again in (result, RefundResult(reference="r")):
        await db.in_write(lambda tx, again=again: record_refund(tx, order_id, refund_id, again, now=NOW))
    assert (await everything(db), await refunds_of(db, order_id)) == before


async def test_a_company_that_does_not_answer_is_asked_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = await _returned(db)
    refund_id = await db.in_write(
        lambda tx: refund_order(tx, order_id, 2000, reason=RefundReason.GOODS_RETURNED, actor="key:s", now=NOW)
    )
    asked: list[UUID] = []

    class Company:
        async def refund(self, key: UUID, reference: str, amount_minor: int) -> RefundResult:
            assert (reference, amount_minor) == ("auth-1", 2000)
            asked.append(key)
            if len(asked) == 1:
                message = "no answer"
                raise ProviderUnreachable(message)
            return RefundResult(reference="r-1")

    for name in PROVIDERS:
        monkeypatch.setitem(PROVIDERS, name, Company())
    with pytest.raises(ProviderUnreachable):
        await refund_started(db, str(refund_id), {}, now=NOW)
    assert [one["status"] for one in await refunds_of(db, order_id)] == ["PENDING"]
    for _ in range(2):
        await refund_started(db, str(refund_id), {}, now=NOW)
    await refund_started(db, str(new_id()), {}, now=NOW)
    assert asked == [refund_id] * 2
    assert [one["status"] for one in await refunds_of(db, order_id)] == ["DONE"]
    assert (await payment_row(db, order_id))["status"] == "REFUNDED"
