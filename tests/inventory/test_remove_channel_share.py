"""What a channel left for others may be sold again."""

import asyncio

import pytest

from app.inventory.actions.remove_channel_share import remove_channel_share
from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.model.selling import Share
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound, Refusals
from app.kit.statement import Statement
from tests.checkout.builders import CARD, check_out, make_shop, ready_cart
from tests.checkout.selling import problems_of
from tests.inventory.builders import counters
from tests.orders.builders import row_counts

SHARES = Statement("SELECT variant_id, category_id, kept_units FROM channel_shares ORDER BY id")


async def test_the_units_are_everybodys_again_as_far_as_no_wider_share_counts(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 10})
    shirt = shop.variants["A"]
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(units=3))
        await set_channel_share(tx, shop.channel_id, Share(units=8), variant_id=shirt)
    cart_id = await ready_cart(db, shop, {"A": 9})
    assert await problems_of(db, cart_id) == [("INSUFFICIENT_STOCK", 2)]
    async with db.write() as tx:
        await remove_channel_share(tx, shop.channel_id, variant_id=shirt)
    assert await problems_of(db, cart_id) == [("INSUFFICIENT_STOCK", 7)]
    async with db.write() as tx:
        assert [tuple(row) for row in await tx.fetch(SHARES)] == [(None, None, 3)]
        await remove_channel_share(tx, shop.channel_id)
    assert await problems_of(db, cart_id) == []
    await check_out(db, cart_id, CARD)
    assert await counters(db) == {(shirt, shop.places["warehouse"]): (10, 9, 0, 0)}


async def test_what_is_not_there_is_not_removed(db: Database) -> None:
    shop = await make_shop(db)
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(units=3), variant_id=shop.variants["A"])
    for subject in ({}, {"variant_id": shop.variants["B"]}):
        with pytest.raises(NotFound):
            await db.in_write(lambda tx, subject=subject: remove_channel_share(tx, shop.channel_id, **subject))
    with pytest.raises(InvalidInput):
        await db.in_write(lambda tx: remove_channel_share(tx, shop.channel_id, variant_id=1, category_id=1))
    assert await row_counts(db, "channel_shares") == {"channel_shares": 1}


async def test_buyers_who_race_the_removal_never_buy_more_than_there_is(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 6})
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(units=4))
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(9)]

    async def buy(number: int) -> bool:
        try:
            await check_out(db, carts[number], CARD)
        except Refusals:
            return False
        return True

    removal = db.in_write(lambda tx: remove_channel_share(tx, shop.channel_id))
    *first, _ = await asyncio.gather(*(buy(number) for number in range(9)), removal)
    assert 2 <= sum(first) <= 6
    last = [await buy(number) for number, done in enumerate(first) if not done]
    assert sum(first) + sum(last) == 6
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (6, 6, 0, 0)}
