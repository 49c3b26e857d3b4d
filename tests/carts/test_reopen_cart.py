"""A cart whose order came to nothing can be changed and ordered again."""

from datetime import timedelta

from app.carts.actions.add_lines import add_lines
from app.carts.actions.complete_carts import complete_carts
from app.carts.actions.reopen_cart import reopen_cart
from app.carts.model import LIFETIME, WantedLine
from app.kit.db import Database
from tests.carts.builders import contents, make_cart, make_goods, make_shop, stamp
from tests.conftest import NOW


async def test_a_completed_cart_is_open_again_with_its_lines_and_a_whole_life(db: Database) -> None:
    later = NOW + timedelta(days=29)
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
        await complete_carts(tx, [cart_id], now=NOW)
    await db.in_write(lambda tx: reopen_cart(tx, cart_id, now=later))
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]
    assert await stamp(db, cart_id) == ("OPEN", 3, later, later + LIFETIME)
    await db.in_write(lambda tx: add_lines(tx, cart_id, [WantedLine(2, "TEA")], now=later))
    assert await contents(db, cart_id) == [("TEA", 3, 1980)]


async def test_an_open_cart_stays_as_it_is(db: Database) -> None:
    async with db.write() as tx:
        await make_shop(tx)
        cart_id = await make_cart(tx)
        await reopen_cart(tx, cart_id, now=NOW + timedelta(days=1))
    assert await stamp(db, cart_id) == ("OPEN", 1, NOW, NOW + LIFETIME)
