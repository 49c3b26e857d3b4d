"""What is to be given back is a case with the right amount, in whatever way an order loses its goods."""

from typing import Any
from uuid import UUID

import pytest

from app.exceptions.actions.close_case import close_case
from app.fulfillment import jobs
from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.refund_order import refund_order
from app.fulfillment.actions.settle_refunds import settle_refunds
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.actions.take_back_shipment import take_back_shipment
from app.fulfillment.model.packages import TrackingKind
from app.kit.db import Database
from app.payments.model import PROVIDERS, RefundReason
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import (
    cases_of,
    make_ready,
    order_states,
    packages_of,
    pickup_of,
    ship_all,
    track,
)
from tests.pump import pump


async def dues(db: Database, order_id: UUID) -> list[tuple[str, int]]:
    """(status, amount) of each case, oldest first."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT status, facts FROM exception_cases WHERE kind = 'REFUND_DUE' AND subject_id = $1 ORDER BY id",
            str(order_id),
        )
    return [(row["status"], row["facts"]["amountMinor"]) for row in rows]


async def _cancel(db: Database, order_id: UUID) -> None:
    await db.in_write(lambda tx: cancel_order(tx, order_id, reason="x", actor="test", now=NOW))


async def _expire(db: Database, order_id: UUID) -> None:
    pickup = await make_ready(db, order_id)
    await db.in_write(lambda tx: expire_pickup(tx, pickup.id, actor=STAFF, now=pickup.hold_until))


async def _take_back(db: Database, order_id: UUID) -> None:
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    await db.in_write(lambda tx: take_back_pickup(tx, pickup.id, actor=STAFF, now=NOW))


@pytest.mark.parametrize(
    ("part", "loses"),
    [(store_pickup, _cancel), (store_pickup, _expire), (konbini_pickup, _take_back)],
)
async def test_money_that_another_system_took(db: Database, part: Any, loses: Any) -> None:
    _, order_id = await planned_order(db, part, payment="EXTERNAL")
    await loses(db, order_id)
    assert (await order_states(db, order_id))[:2] == ("CANCELED", "CAPTURED")
    assert await dues(db, order_id) == [("OPEN", 1000)]


@pytest.mark.parametrize("part", [store_pickup, konbini_pickup])
async def test_money_that_nobody_took(db: Database, part: Any) -> None:
    _, order_id = await planned_order(db, part)
    await _cancel(db, order_id)
    assert await dues(db, order_id) == []


async def test_what_comes_back_while_the_card_is_charged(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job has read the amount, and asks the provider, when the parcel is back."""
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await track(db, package.id, TrackingKind.REFUSED)

    class Slow:
        async def capture(self, key: UUID, reference: str, amount_minor: int) -> None:
            del key, reference
            assert amount_minor == 2000
            await db.in_write(lambda tx: take_back_shipment(tx, package.shipment_id, actor=STAFF, now=NOW))
            assert await dues(db, order_id) == []

    for name in PROVIDERS:
        monkeypatch.setitem(PROVIDERS, name, Slow())
    await jobs.order_completed(db, str(order_id), {}, now=NOW)
    assert await order_states(db, order_id) == ("RETURNED", "CAPTURED", "CANCELED")
    assert await dues(db, order_id) == [("OPEN", 2000)]


async def test_the_amount_follows_what_happens(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await pump(db)
    assert await dues(db, order_id) == []
    await track(db, package.id, TrackingKind.REFUSED)
    await db.in_write(lambda tx: take_back_shipment(tx, package.shipment_id, actor=STAFF, now=NOW))
    assert await dues(db, order_id) == [("OPEN", 2000)]
    await db.in_write(
        lambda tx: refund_order(tx, order_id, 300, reason=RefundReason.GOODS_RETURNED, actor="key:s", now=NOW)
    )
    assert await dues(db, order_id) == [("OPEN", 1700)]
    # Who says that the rest is settled otherwise is not asked again.
    async with db.write() as tx:
        case_id = await tx.connection.fetchval("SELECT id FROM exception_cases WHERE subject_id = $1", str(order_id))
        await close_case(tx, case_id, note="a voucher", actor=STAFF, now=NOW)
    await db.in_write(lambda tx: settle_refunds(tx, [order_id], now=NOW))
    assert await cases_of(db, order_id) == []
    await db.in_write(
        lambda tx: refund_order(tx, order_id, 700, reason=RefundReason.GOODS_RETURNED, actor="key:s", now=NOW)
    )
    assert await dues(db, order_id) == [("CLOSED", 1700), ("OPEN", 1000)]
    await db.in_write(
        lambda tx: refund_order(tx, order_id, 1000, reason=RefundReason.GOODS_RETURNED, actor="key:s", now=NOW)
    )
    assert await dues(db, order_id) == [("CLOSED", 1700), ("CLOSED", 1000)]
