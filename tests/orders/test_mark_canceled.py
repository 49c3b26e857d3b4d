"""An order is canceled as a whole, or not at all."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.orders.actions.mark_canceled import mark_canceled
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.sql import counts_of
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row, published


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (("PLACED", "AUTHORIZED"), None, "VOIDED"),
        (("PLACED", "DUE_AT_PICKUP"), None, "VOIDED"),
        (("PLACED", "CAPTURED"), None, "CAPTURED"),
        (("PENDING_PAYMENT", "PENDING"), None, "VOIDED"),
        (("PENDING_PAYMENT", "PENDING"), "FAILED", "FAILED"),
    ],
)
async def test_all_open_units_are_canceled_and_open_money_given_up(
    db: Database, before: tuple[str, str], wanted: str | None, after: str
) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status=before[0], payment_status=before[1])
        version = await mark_canceled(tx, order.id, reason="CUSTOMER", payment_status=wanted, actor="test", now=NOW)
    row = await order_row(db, order.id)
    assert (row["status"], row["payment_status"], row["fulfillment_status"]) == ("CANCELED", after, "CANCELED")
    assert (row["version"], row["canceled_at"]) == (version, NOW) == (2, NOW)
    async with db.read() as tx:
        assert [count.canceled for count in (await counts_of(tx, order.id)).values()] == [2, 1]
    assert await history_kinds(db, order.id) == ["CREATED", "CANCELED"]
    assert (await published(db, "order"))[-1][1]["status"] == "CANCELED"


async def test_what_was_handed_over_cannot_be_canceled(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        await record_fulfilled(tx, order.id, {1: 1}, actor="test", now=NOW)
    before = await order_row(db, order.id)
    async with db.write() as tx:
        with pytest.raises(InvalidTransition) as refusal:
            await mark_canceled(tx, order.id, reason="CUSTOMER", actor="test", now=NOW)
    assert refusal.value.facts == {"current_status": "PARTIALLY_FULFILLED"}
    assert await order_row(db, order.id) == before


async def test_a_canceled_order_is_not_canceled_again(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        await mark_canceled(tx, order.id, reason="CUSTOMER", actor="test", now=NOW)
    before = await order_row(db, order.id)
    async with db.write() as tx:
        with pytest.raises(InvalidTransition):
            await mark_canceled(tx, order.id, reason="CUSTOMER", actor="test", now=NOW)
    assert await order_row(db, order.id) == before
