"""A store may prepare a pickup once all its units are there."""

from app.fulfillment.actions.open_preparations import open_preparations
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import home, planned_order, store_pickup
from tests.fulfillment.views import everything, fulfillments_of, pickup_of, transfer_of, work_of


async def test_only_complete_pickups_open(db: Database) -> None:
    shop, order_id = await planned_order(db, home, lambda shop: store_pickup(shop, source=shop.other_store))
    before = await everything(db)
    async with db.write() as tx:
        assert await open_preparations(tx, order_id, now=NOW) == []
    assert await everything(db) == before
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, actor="test", now=NOW)
        opened = await open_preparations(tx, order_id, now=NOW)
    assert opened == [row.id for row in await fulfillments_of(db, order_id) if row.kind == "PICKUP"]
    assert ("PREPARE_PICKUP", shop.store, "OPEN") in await work_of(db)
    assert (await pickup_of(db, order_id)).status == "PREPARING"
