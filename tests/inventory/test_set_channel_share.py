"""What a channel leaves for others."""

from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.model.selling import Share
from app.kit.db import Database
from tests.checkout.builders import (
    CARD,
    check_out,
    make_shop,
    ready_cart,
)
from tests.checkout.selling import problems_of


async def test_a_channel_leaves_its_share_for_others_by_category_and_by_variant(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 6, ("A", "osaka"): 4, ("B", "warehouse"): 10})
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(percent=25))
        await set_channel_share(tx, shop.channel_id, Share(units=9), variant_id=shop.variants["B"])
    assert await problems_of(db, await ready_cart(db, shop, {"A": 8, "B": 2})) == [
        ("INSUFFICIENT_STOCK", 7),
        ("INSUFFICIENT_STOCK", 1),
    ]
    await check_out(db, await ready_cart(db, shop, {"A": 7, "B": 1}), CARD)
    assert await problems_of(db, await ready_cart(db, shop, {"A": 3, "B": 1})) == [
        ("INSUFFICIENT_STOCK", 2),
        ("INSUFFICIENT_STOCK", 0),
    ]
