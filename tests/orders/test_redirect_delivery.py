"""Goods are collected somewhere else than was ordered; what goes home goes home."""

from app.kit.db import Database
from app.kit.statement import Statement
from app.orders.actions.redirect_delivery import redirect_delivery
from tests.fulfillment.builders import home, konbini_pickup, planned_order

DELIVERIES = Statement("SELECT id, mode, location_id FROM order_deliveries ORDER BY mode")


async def test_the_place_of_a_pickup_is_another_one(db: Database) -> None:
    shop, _ = await planned_order(db, home, konbini_pickup)
    async with db.write() as tx:
        for row in await tx.fetch(DELIVERIES):
            await redirect_delivery(tx, row.id, shop.store)
        rows = await tx.fetch(DELIVERIES)
    assert [(row.mode, row.location_id) for row in rows] == [
        ("CONVENIENCE_STORE_PICKUP", shop.store),
        ("HOME_DELIVERY", None),
    ]
