"""Where variants lie."""

from app.fulfillment.actions.set_shelves import set_shelves
from app.kit.db import Database
from tests.fulfillment.builders import make_shop


async def test_set_changed_and_taken_away(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        shirt, cap = shop.variants
        await set_shelves(tx, shop.store, {shirt: "A-1", cap: "A-2"})
        await set_shelves(tx, shop.store, {shirt: "B-10", cap: None})
        await set_shelves(tx, shop.warehouse, {cap: "C"})
        await set_shelves(tx, shop.store, {})
        rows = await tx.connection.fetch("SELECT location_id, variant_id, label FROM stock_shelves ORDER BY 1, 2")
    assert sorted(tuple(row) for row in rows) == sorted([(shop.store, shirt, "B-10"), (shop.warehouse, cap, "C")])
