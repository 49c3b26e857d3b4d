"""Taking lines out of a cart."""

from datetime import timedelta

import pytest

from app.carts.actions.remove_lines import remove_lines
from app.carts.actions.set_delivery import set_delivery
from app.carts.errors import CartExpired, CartTooLarge
from app.carts.model import Destination
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, each_refusal
from app.kit.ids import new_id
from app.sourcing.model import DeliveryMode
from tests.carts.builders import ADDRESS, contents, deliveries, line_ids, make_cart, make_goods, make_shop, paths, stamp
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)


async def test_a_line_goes_and_so_does_its_delivery(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        for sku in ("TEA", "CUP"):
            await make_goods(tx, shop, sku)
        cart_id = await make_cart(tx, ("TEA", 2), ("CUP", 1))
    ids = await line_ids(db, cart_id)
    async with db.write() as tx:
        await set_delivery(tx, cart_id, [ids["TEA"]], Destination(DeliveryMode.HOME_DELIVERY, address=ADDRESS), now=NOW)
        await remove_lines(tx, cart_id, [ids["TEA"], ids["TEA"]], now=LATER)
    assert await contents(db, cart_id) == [("CUP", 1, 1980)]
    assert await deliveries(db, cart_id) == [("", None, ["CUP"])]
    assert await stamp(db, cart_id) == ("OPEN", 3, LATER, LATER + timedelta(days=30))


async def test_an_unknown_line_is_refused_and_the_others_stay(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
    ids = await line_ids(db, cart_id)
    with pytest.raises(DomainError) as caught:
        async with db.write() as tx:
            await remove_lines(tx, cart_id, [ids["TEA"], new_id()], now=LATER)
    assert paths(each_refusal(caught.value)) == [("NOT_FOUND", "input.lineIds.1")]
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]


async def test_no_row_too_many_rows_and_an_expired_cart_are_refused(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
    ids = await line_ids(db, cart_id)
    with pytest.raises(InvalidInput):
        async with db.write() as tx:
            await remove_lines(tx, cart_id, [], now=LATER)
    with pytest.raises(CartTooLarge):
        async with db.write() as tx:
            await remove_lines(tx, cart_id, [ids["TEA"]] * 101, now=LATER)
    with pytest.raises(CartExpired):
        async with db.write() as tx:
            await remove_lines(tx, cart_id, [ids["TEA"]], now=NOW + timedelta(days=30))
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]
