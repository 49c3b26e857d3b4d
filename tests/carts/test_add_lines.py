"""Putting goods into a cart."""

import asyncio
from datetime import timedelta

import pytest

from app.carts.actions.add_lines import add_lines
from app.carts.actions.complete_carts import complete_carts
from app.carts.errors import CartCompleted, CartExpired, CartTooLarge
from app.carts.model import WantedLine
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound
from app.kit.ids import new_id
from tests.carts.builders import contents, make_cart, make_goods, make_shop, stamp
from tests.catalog.builders import put_price
from tests.conftest import NOW

LATER = NOW + timedelta(days=29)


async def test_units_of_a_variant_join_its_line_at_the_price_of_now(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        tea = await make_goods(tx, shop, "TEA", price=648)
        await make_goods(tx, shop, "CUP", price=1980)
        cart_id = await make_cart(tx, ("TEA", 2))
        await put_price(tx, tea, shop.channel, 700)
        await add_lines(tx, cart_id, [WantedLine(1, "CUP"), WantedLine(3, "TEA")], now=LATER)
    assert await contents(db, cart_id) == [("TEA", 5, 700), ("CUP", 1, 1980)]
    assert await stamp(db, cart_id) == ("OPEN", 2, LATER, LATER + timedelta(days=30))


async def test_no_row_and_too_many_rows_are_refused(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
    with pytest.raises(InvalidInput):
        async with db.write() as tx:
            await add_lines(tx, cart_id, [], now=LATER)
    with pytest.raises(CartTooLarge):
        async with db.write() as tx:
            await add_lines(tx, cart_id, [WantedLine(1, "TEA")] * 101, now=LATER)
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]
    assert (await stamp(db, cart_id))[1] == 1


async def test_a_cart_holds_a_hundred_lines(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        for number in range(101):
            await make_goods(tx, shop, f"S{number}")
        cart_id = await make_cart(tx, *((f"S{number}", 1) for number in range(100)))
    with pytest.raises(CartTooLarge) as caught:
        async with db.write() as tx:
            await add_lines(tx, cart_id, [WantedLine(1, "S0"), WantedLine(1, "S100")], now=LATER)
    assert caught.value.facts == {"maximum": 100, "requested": 101}
    assert await contents(db, cart_id) == [(f"S{number}", 1, 1980) for number in range(100)]


async def test_a_line_grows_to_9999_units(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA", price=1)
        cart_id = await make_cart(tx, ("TEA", 9_998))
        await add_lines(tx, cart_id, [WantedLine(1, "TEA")], now=NOW)
    with pytest.raises(InvalidQuantity):
        async with db.write() as tx:
            await add_lines(tx, cart_id, [WantedLine(1, "TEA")], now=NOW)
    assert await contents(db, cart_id) == [("TEA", 9_999, 1)]


async def test_an_unknown_cart_is_refused(db: Database) -> None:
    with pytest.raises(NotFound) as caught:
        async with db.write() as tx:
            await add_lines(tx, new_id(), [WantedLine(1, "TEA")], now=NOW)
    assert caught.value.path == ["input", "cartId"]


async def test_an_expired_cart_does_not_change(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
    with pytest.raises(CartExpired):
        async with db.write() as tx:
            await add_lines(tx, cart_id, [WantedLine(1, "TEA")], now=NOW + timedelta(days=30))
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]


async def test_a_completed_cart_does_not_change_however_old(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
        await complete_carts(tx, [cart_id], now=NOW)
    with pytest.raises(CartCompleted) as caught:
        async with db.write() as tx:
            await add_lines(tx, cart_id, [WantedLine(1, "TEA")], now=NOW + timedelta(days=400))
    assert caught.value.facts == {"cart_id": str(cart_id)}
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]


async def test_units_that_are_added_at_once_all_arrive(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA", price=1)
        cart_id = await make_cart(tx, ("TEA", 9_990))

    async def adds_one() -> bool:
        try:
            async with db.write() as tx:
                await add_lines(tx, cart_id, [WantedLine(1, "TEA")], now=NOW)
        except InvalidQuantity:
            return False
        return True

    outcomes = await asyncio.gather(*(adds_one() for _ in range(16)))
    assert sum(outcomes) == 9
    assert await contents(db, cart_id) == [("TEA", 9_999, 1)]
    assert (await stamp(db, cart_id))[1] == 10
