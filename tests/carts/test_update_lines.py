"""Changing quantities."""

from datetime import timedelta

import pytest

from app.carts.actions.set_delivery import set_delivery
from app.carts.actions.update_lines import update_lines
from app.carts.errors import CartExpired, CartTooLarge
from app.carts.model import Destination
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, NotFound, each_refusal
from app.kit.ids import new_id
from app.sourcing.model import DeliveryMode
from tests.carts.builders import contents, deliveries, line_ids, make_cart, make_goods, make_shop, paths, stamp
from tests.catalog.builders import put_price
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)


async def test_lines_get_new_quantities_and_the_prices_of_now(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        tea, cup = await make_goods(tx, shop, "TEA", price=648), await make_goods(tx, shop, "CUP", price=900)
        await make_goods(tx, shop, "POT", price=5000)
        cart_id = await make_cart(tx, ("TEA", 2), ("CUP", 1), ("POT", 1))
        await put_price(tx, tea, shop.channel, 700)
        await put_price(tx, cup, shop.channel, 950)
    ids = await line_ids(db, cart_id)
    async with db.write() as tx:
        await update_lines(tx, cart_id, {ids["POT"]: 0, ids["TEA"]: 7}, now=LATER)
    assert await contents(db, cart_id) == [("TEA", 7, 700), ("CUP", 1, 900)]
    assert await stamp(db, cart_id) == ("OPEN", 2, LATER, LATER + timedelta(days=30))


async def test_goods_that_are_not_sold_any_more_keep_their_price(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        tea = await make_goods(tx, shop, "TEA", price=648)
        cart_id = await make_cart(tx, ("TEA", 2))
        await put_price(tx, tea, shop.channel, 1, is_published=False)
    ids = await line_ids(db, cart_id)
    async with db.write() as tx:
        await update_lines(tx, cart_id, {ids["TEA"]: 1}, now=LATER)
    assert await contents(db, cart_id) == [("TEA", 1, 648)]


async def test_a_delivery_goes_with_its_last_line(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        for sku in ("TEA", "CUP"):
            await make_goods(tx, shop, sku)
        cart_id = await make_cart(tx, ("TEA", 2), ("CUP", 1))
    ids = await line_ids(db, cart_id)
    async with db.write() as tx:
        for sku, place in (("TEA", shop.shibuya), ("CUP", shop.yokohama)):
            await set_delivery(tx, cart_id, [ids[sku]], Destination(DeliveryMode.STORE_PICKUP, place), now=NOW)
        await update_lines(tx, cart_id, {ids["TEA"]: 0}, now=LATER)
    assert await deliveries(db, cart_id) == [("STORE_PICKUP", shop.yokohama, ["CUP"])]


@pytest.mark.parametrize(
    ("quantity", "refusal"), [(-1, InvalidQuantity), (10_000, InvalidQuantity), (9_999, CartTooLarge)]
)
async def test_a_quantity_that_cannot_be_changes_nothing(
    db: Database, quantity: int, refusal: type[DomainError]
) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "GOLD", price=2_000_000)
        cart_id = await make_cart(tx, ("GOLD", 1))
    ids = await line_ids(db, cart_id)
    with pytest.raises(DomainError) as caught:
        async with db.write() as tx:
            await update_lines(tx, cart_id, {ids["GOLD"]: quantity}, now=LATER)
    assert isinstance(each_refusal(caught.value)[0], refusal)
    assert await contents(db, cart_id) == [("GOLD", 1, 2_000_000)]
    assert (await stamp(db, cart_id))[1] == 1


async def test_lines_of_other_carts_are_unknown_and_nothing_is_half_done(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        mine, other = await make_cart(tx, ("TEA", 1)), await make_cart(tx, ("TEA", 1))
    own, foreign = (await line_ids(db, mine))["TEA"], (await line_ids(db, other))["TEA"]
    with pytest.raises(DomainError) as caught:
        async with db.write() as tx:
            await update_lines(tx, mine, {own: 5, foreign: 5, new_id(): 0}, now=LATER)
    assert paths(each_refusal(caught.value)) == [
        ("NOT_FOUND", "input.lines.1.lineId"),
        ("NOT_FOUND", "input.lines.2.lineId"),
    ]
    assert await contents(db, mine) == await contents(db, other) == [("TEA", 1, 1980)]


async def test_no_row_an_unknown_cart_and_an_expired_one_are_refused(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        cart_id = await make_cart(tx, ("TEA", 1))
    ids = await line_ids(db, cart_id)
    with pytest.raises(InvalidInput):
        async with db.write() as tx:
            await update_lines(tx, cart_id, {}, now=LATER)
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await update_lines(tx, new_id(), {ids["TEA"]: 2}, now=LATER)
    with pytest.raises(CartExpired):
        async with db.write() as tx:
            await update_lines(tx, cart_id, {ids["TEA"]: 2}, now=NOW + timedelta(days=30))
    assert await contents(db, cart_id) == [("TEA", 1, 1980)]
