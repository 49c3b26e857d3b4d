"""A buyer gives back what is reserved for the cart."""

import pytest

from app.carts.actions.release_cart_reservation import release_cart_reservation
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.carts.reserving import reserve, reserved
from tests.checkout.builders import make_shop, ready_cart
from tests.conftest import NOW
from tests.inventory.builders import counters, movements


async def test_the_units_go_back_once_and_the_cart_keeps_its_goods(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    mine, other = [await ready_cart(db, shop, {"A": 1}) for _ in range(2)]
    await reserve(db, mine, other)
    for cart_id, expected in ((mine, True), (mine, False)):
        async with db.write() as tx:
            assert await release_cart_reservation(tx, cart_id, actor="shopper", now=NOW) is expected
    assert await reserved(db, mine) == []
    assert len(await reserved(db, other)) == 1
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (3, 1, 0, 0)}
    assert [kind for kind, *_ in await movements(db)][-1] == "RESERVATION_RELEASED"


async def test_where_nothing_is_reserved_nothing_happens(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    cart_id = await ready_cart(db, shop, {"A": 1})
    async with db.write() as tx:
        assert await release_cart_reservation(tx, cart_id, actor="shopper", now=NOW) is False
    with pytest.raises(NotFound):
        await db.in_write(lambda tx: release_cart_reservation(tx, new_id(), actor="shopper", now=NOW))
