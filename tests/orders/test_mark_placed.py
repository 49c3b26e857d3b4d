"""A settled payment places the order, once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from app.orders.actions.mark_placed import mark_placed
from app.orders.sql import lock_orders
from app.payments.model import PaymentStatus
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row, published


async def placed(tx: WriteTx, *order_ids: UUID) -> list[int]:
    orders = list((await lock_orders(tx, order_ids)).values())
    return await mark_placed(tx, orders, payment_status=PaymentStatus.AUTHORIZED, actor="test", now=NOW)


async def test_the_order_is_placed_and_told_of(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status="PENDING_PAYMENT", payment_status="PENDING")
        assert await placed(tx, order.id) == [2]
    row = await order_row(db, order.id)
    assert (row["status"], row["payment_status"], row["version"]) == ("PLACED", "AUTHORIZED", 2)
    assert await history_kinds(db, order.id) == ["CREATED", "PLACED"]
    assert [payload for _, payload in await published(db, "order_placed")] == [{"order_id": str(order.id)}]
    assert (await published(db, "order"))[-1][1]["version"] == 2


async def test_many_at_once_place_it_once(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status="PENDING_PAYMENT", payment_status="PENDING")

    async def place() -> bool:
        try:
            async with db.write() as tx:
                await placed(tx, order.id)
        except InvalidTransition:
            return False
        return True

    assert sum(await asyncio.gather(*(place() for _ in range(8)))) == 1
    assert len(await published(db, "order_placed")) == 1


async def test_orders_are_placed_together_or_not_at_all(db: Database, count_statements: Any) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        waiting = [
            (await make_order(tx, ground, status="PENDING_PAYMENT", payment_status="PENDING")).id for _ in range(5)
        ]
        done = (await make_order(tx, ground)).id
    with pytest.raises(InvalidTransition):
        async with db.write() as tx:
            await placed(tx, *waiting, done)
    assert await published(db, "order_placed") == [("order_placed", {"order_id": str(done)})]
    with count_statements() as count:
        async with db.write() as tx:
            assert await placed(tx, *waiting) == [2] * 5
    assert count.total == 4
