"""Units reach the buyer: counted up to what was ordered, and the last one completes the order."""

import asyncio

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.errors import TooManyFulfilled
from app.orders.sql import counts_of
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row, published


async def test_the_last_unit_completes_the_order(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        await record_fulfilled(tx, order.id, {1: 1, 2: 1}, actor="test", now=NOW)
    row = await order_row(db, order.id)
    assert (row["status"], row["fulfillment_status"]) == ("PLACED", "PARTIALLY_FULFILLED")
    assert await published(db, "order_completed") == []
    async with db.write() as tx:
        await record_fulfilled(tx, order.id, {1: 1}, actor="test", now=NOW)
    row = await order_row(db, order.id)
    assert (row["status"], row["fulfillment_status"], row["version"]) == ("COMPLETED", "FULFILLED", 3)
    assert await published(db, "order_completed") == [("order_completed", {"order_id": str(order.id)})]
    assert await history_kinds(db, order.id) == ["CREATED", "PARTIALLY_FULFILLED", "COMPLETED"]


@pytest.mark.parametrize(
    ("quantities", "facts"),
    [({1: 3}, {"requested": 3, "available": 2}), ({2: 1, 7: 1}, {"requested": 1, "available": 0})],
)
async def test_more_than_ordered_is_refused_and_nothing_counted(
    db: Database, quantities: dict[int, int], facts: dict[str, int]
) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
    with pytest.raises(TooManyFulfilled) as refusal:
        async with db.write() as tx:
            await record_fulfilled(tx, order.id, quantities, actor="test", now=NOW)
    assert refusal.value.facts == facts
    async with db.read() as tx:
        assert [count.fulfilled for count in (await counts_of(tx, order.id)).values()] == [0, 0]
    assert (await order_row(db, order.id))["version"] == 1


async def test_racing_reports_never_count_more_than_there_are(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), lines=[(3, 100)])

    async def report() -> bool:
        try:
            async with db.write() as tx:
                await record_fulfilled(tx, order.id, {1: 1}, actor="test", now=NOW)
        except (TooManyFulfilled, InvalidTransition):
            return False
        return True

    assert sum(await asyncio.gather(*(report() for _ in range(8)))) == 3
    assert (await order_row(db, order.id))["status"] == "COMPLETED"


async def test_an_order_that_is_not_placed_is_not_fulfilled(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status="PENDING_PAYMENT", payment_status="PENDING")
        with pytest.raises(InvalidTransition) as refusal:
            await record_fulfilled(tx, order.id, {1: 1}, actor="test", now=NOW)
    assert refusal.value.facts == {"current_status": "PENDING_PAYMENT"}
    assert (await order_row(db, order.id))["version"] == 1
