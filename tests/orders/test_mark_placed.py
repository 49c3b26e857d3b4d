"""A settled payment places the order, once."""

import asyncio

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.orders.actions.mark_placed import mark_placed
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row, published


async def test_the_order_is_placed_and_told_of(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), status="PENDING_PAYMENT", payment_status="PENDING")
        assert await mark_placed(tx, order.id, payment_status="AUTHORIZED", actor="test", now=NOW) == 2
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
                await mark_placed(tx, order.id, payment_status="AUTHORIZED", actor="test", now=NOW)
        except InvalidTransition:
            return False
        return True

    assert sum(await asyncio.gather(*(place() for _ in range(8)))) == 1
    assert len(await published(db, "order_placed")) == 1


async def test_an_unknown_order_is_refused(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await mark_placed(tx, new_id(), payment_status="AUTHORIZED", actor="test", now=NOW)
