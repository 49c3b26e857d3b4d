"""Units that will not reach the buyer: counted up to what is open, and the last one ends the order."""

import asyncio
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.orders.actions.cancel_units import cancel_units
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.errors import TooManyFulfilled
from app.orders.model import OrderStatus
from app.orders.sql import counts_of
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row, published


async def _cancel(db: Database, order_id: UUID, quantities: dict[int, int]) -> OrderStatus:
    async with db.write() as tx:
        return await cancel_units(tx, order_id, quantities, reason="PICKUP_EXPIRED", actor="test", now=NOW)


async def test_an_order_of_which_something_is_left_stays_placed(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
    assert await _cancel(db, order.id, {1: 1}) == "PLACED"
    row = await order_row(db, order.id)
    assert (row["status"], row["fulfillment_status"], row["version"]) == ("PLACED", "UNFULFILLED", 2)
    async with db.read() as tx:
        assert [(count.canceled, count.open) for count in (await counts_of(tx, order.id)).values()] == [(1, 1), (0, 1)]
    assert await history_kinds(db, order.id) == ["CREATED", "UNITS_CANCELED"]


async def test_with_its_last_unit_the_order_is_canceled_and_its_payment_given_up(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
    assert await _cancel(db, order.id, {1: 2, 2: 1}) == "CANCELED"
    row = await order_row(db, order.id)
    assert (row["status"], row["payment_status"], row["fulfillment_status"]) == ("CANCELED", "VOIDED", "CANCELED")
    assert row["canceled_at"] == NOW
    assert await published(db, "order_completed") == []


async def test_when_the_rest_was_handed_over_the_order_is_complete(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        await record_fulfilled(tx, order.id, {1: 2}, actor="test", now=NOW)
    assert await _cancel(db, order.id, {2: 1}) == "COMPLETED"
    row = await order_row(db, order.id)
    assert (row["status"], row["payment_status"], row["fulfillment_status"]) == ("COMPLETED", "AUTHORIZED", "FULFILLED")
    assert await published(db, "order_completed") == [("order_completed", {"order_id": str(order.id)})]


@pytest.mark.parametrize(
    ("quantities", "facts"),
    [({1: 3}, {"requested": 3, "available": 2}), ({2: 1, 7: 1}, {"requested": 1, "available": 0})],
)
async def test_more_than_is_open_is_refused_and_nothing_counted(
    db: Database, quantities: dict[int, int], facts: dict[str, int]
) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
    with pytest.raises(TooManyFulfilled) as refusal:
        await _cancel(db, order.id, quantities)
    assert refusal.value.facts == facts
    async with db.read() as tx:
        assert [count.canceled for count in (await counts_of(tx, order.id)).values()] == [0, 0]
    assert (await order_row(db, order.id))["version"] == 1


async def test_an_order_that_is_not_placed_has_no_open_units(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status="PENDING_PAYMENT", payment_status="PENDING")
    with pytest.raises(InvalidTransition) as refusal:
        await _cancel(db, order.id, {1: 1})
    assert refusal.value.facts == {"current_status": "PENDING_PAYMENT"}
    with pytest.raises(NotFound):
        await _cancel(db, new_id(), {1: 1})


async def test_a_unit_is_handed_over_or_canceled(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), lines=[(3, 100)])

    async def fulfill() -> None:
        async with db.write() as tx:
            await record_fulfilled(tx, order.id, {1: 1}, actor="test", now=NOW)

    rivals = [fulfill(), _cancel(db, order.id, {1: 1}), fulfill(), _cancel(db, order.id, {1: 1}), fulfill()]
    answers = await asyncio.gather(*rivals, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, TooManyFulfilled | InvalidTransition)]
    assert len(refused) == 2
    async with db.read() as tx:
        [count] = (await counts_of(tx, order.id)).values()
    assert (count.open, count.fulfilled + count.canceled) == (0, 3)
    assert (await order_row(db, order.id))["status"] == "COMPLETED"
