"""Orders as they change: the present one first, then each new version, never an old one."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.ids import global_id, new_id
from app.orders.actions.mark_placed import mark_placed
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.sql import lock_orders
from app.payments.model import PaymentStatus
from tests.conftest import NOW, Execute
from tests.orders.builders import make_ground, make_order

ORDER_CHANGED = """subscription ($id: ID!) { orderChanged(id: $id) {
  version status paymentStatus fulfillmentStatus lines { fulfilledQuantity } history { kind }
} }"""


@pytest.fixture
async def feed(db: Database) -> AsyncGenerator[Feed, None]:
    feed = Feed(db)
    await feed.start()
    yield feed
    await feed.close()


async def listen(execute: Execute, order_id: UUID) -> Any:
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    return await schema.subscribe(
        ORDER_CHANGED, variable_values={"id": global_id("Order", order_id)}, context_value=execute.context()
    )


async def next_order(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 10)
    assert result.errors is None, result.errors
    return result.data["orderChanged"]


async def test_the_present_order_and_then_each_change(db: Database, feed: Feed) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        order = await make_order(tx, ground, lines=[(2, 100)], status="PENDING_PAYMENT", payment_status="PENDING")
        other = await make_order(tx, ground)
    stream = await listen(Execute(db, feed), order.id)
    first = await next_order(stream)
    assert (first["version"], first["status"]) == (1, "PENDING_PAYMENT")
    async with db.write() as tx:
        await record_fulfilled(tx, other.id, {1: 1}, actor="test", now=NOW)
        orders = list((await lock_orders(tx, [order.id])).values())
        await mark_placed(tx, orders, payment_status=PaymentStatus.AUTHORIZED, actor="test", now=NOW)
    second = await next_order(stream)
    assert (second["version"], second["status"], second["paymentStatus"]) == (2, "PLACED", "AUTHORIZED")
    assert [entry["kind"] for entry in second["history"]] == ["CREATED", "PLACED"]
    async with db.write() as tx:
        await record_fulfilled(tx, order.id, {1: 2}, actor="test", now=NOW)
    third = await next_order(stream)
    assert (third["version"], third["status"], third["lines"]) == (3, "COMPLETED", [{"fulfilledQuantity": 2}])
    await stream.aclose()
    assert feed.subscriber_count == 0


async def test_changes_between_two_looks_come_as_one_and_none_comes_twice(db: Database, feed: Feed) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), lines=[(3, 100)])
    stream = await listen(Execute(db, feed), order.id)
    assert (await next_order(stream))["version"] == 1
    for _ in range(3):
        async with db.write() as tx:
            await record_fulfilled(tx, order.id, {1: 1}, actor="test", now=NOW)
    versions = []
    while not versions or versions[-1] < 4:
        versions.append((await next_order(stream))["version"])
    assert versions == sorted(set(versions))
    await stream.aclose()


async def test_an_unknown_order_cannot_be_listened_to(db: Database, feed: Feed) -> None:
    stream = await listen(Execute(db, feed), new_id())
    result = await asyncio.wait_for(anext(stream), 10)
    assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
    assert feed.subscriber_count == 0
