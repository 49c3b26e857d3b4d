"""Closing a cart that has become an order."""

import asyncio
from datetime import timedelta

import pytest

from app.carts.actions.complete_carts import complete_carts
from app.carts.errors import CartCompleted
from app.kit.db import Database
from tests.carts.builders import contents, make_cart, make_goods, make_shop, stamp
from tests.conftest import NOW


async def test_a_completed_cart_keeps_its_lines(db: Database) -> None:
    later = NOW + timedelta(days=1)
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
        await complete_carts(tx, [cart_id], now=later)
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]
    assert await stamp(db, cart_id) == ("COMPLETED", 2, later, NOW + timedelta(days=30))


async def test_a_cart_is_completed_once_however_many_try(db: Database) -> None:
    async with db.write() as tx:
        await make_shop(tx)
        cart_id = await make_cart(tx)

    async def completes() -> bool:
        try:
            async with db.write() as tx:
                await complete_carts(tx, [cart_id], now=NOW)
        except CartCompleted:
            return False
        return True

    outcomes = await asyncio.gather(*(completes() for _ in range(6)))
    assert sum(outcomes) == 1
    with pytest.raises(CartCompleted):
        async with db.write() as tx:
            await complete_carts(tx, [cart_id], now=NOW)
    assert (await stamp(db, cart_id))[:2] == ("COMPLETED", 2)
