"""Units come back without having reached their buyer."""

from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.actions.return_units import return_units
from app.orders.errors import TooManyFulfilled
from app.orders.model import OrderStatus
from app.orders.sql import counts_of
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row


async def _fulfilled(db: Database, quantities: dict[int, int]) -> UUID:
    """An order of two units and one of which so many were handed over."""
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        await record_fulfilled(tx, order.id, quantities, actor="test", now=NOW)
    return order.id


async def _return(db: Database, order_id: UUID, quantities: dict[int, int]) -> OrderStatus:
    async with db.write() as tx:
        return await return_units(tx, order_id, quantities, reason="PARCEL_RETURNED", actor="test", now=NOW)


async def test_an_order_of_which_nothing_is_left_with_its_buyer_is_returned(db: Database) -> None:
    order_id = await _fulfilled(db, {1: 2, 2: 1})
    assert await _return(db, order_id, {1: 2}) == "COMPLETED"
    assert (await order_row(db, order_id))["fulfillment_status"] == "FULFILLED"
    assert await _return(db, order_id, {2: 1}) == "RETURNED"
    row = await order_row(db, order_id)
    assert (row["status"], row["payment_status"], row["fulfillment_status"], row["canceled_at"]) == (
        "RETURNED",
        "AUTHORIZED",
        "CANCELED",
        None,
    )
    assert await history_kinds(db, order_id) == ["CREATED", "COMPLETED", "UNITS_CANCELED", "UNITS_CANCELED"]


async def test_an_order_that_waits_for_other_units_stays_placed(db: Database) -> None:
    order_id = await _fulfilled(db, {1: 2})
    assert await _return(db, order_id, {1: 1}) == "PLACED"
    assert (await order_row(db, order_id))["fulfillment_status"] == "PARTIALLY_FULFILLED"
    assert await _return(db, order_id, {1: 1}) == "PLACED"
    assert (await order_row(db, order_id))["fulfillment_status"] == "UNFULFILLED"
    async with db.read() as tx:
        counts = (await counts_of(tx, order_id)).values()
    assert [(count.fulfilled, count.canceled, count.open) for count in counts] == [(0, 2, 0), (0, 0, 1)]


async def test_no_more_comes_back_than_had_left(db: Database) -> None:
    order_id = await _fulfilled(db, {1: 1})
    before = await order_row(db, order_id)
    with pytest.raises(TooManyFulfilled):
        await _return(db, order_id, {1: 2})
    assert await order_row(db, order_id) == before


async def test_of_other_orders_nothing_comes_back(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status="PENDING_PAYMENT", payment_status="PENDING")
    with pytest.raises(InvalidTransition) as refusal:
        await _return(db, order.id, {1: 1})
    assert refusal.value.facts == {"current_status": "PENDING_PAYMENT"}
    with pytest.raises(NotFound):
        await _return(db, new_id(), {1: 1})
