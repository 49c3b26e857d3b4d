"""Work follows transfers."""

from uuid import UUID

from app.fulfillment.actions.follow_transfer import follow_transfer
from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival, TransferLineDraft
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Shop, make_shop, planned_order, store_pickup
from tests.fulfillment.views import everything, history_of, pickup_of, stock_of, transfer_of, work_of, work_rows


async def _own_transfer(tx: WriteTx, shop: Shop, units: int = 3) -> UUID:
    return await create_transfer(
        tx,
        from_location_id=shop.warehouse,
        to_location_id=shop.store,
        lines=[TransferLineDraft(shop.variants[0], units)],
        actor="test",
        now=NOW,
    )


async def test_a_transfer_for_a_pickup_opens_its_preparation_when_it_arrives(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor=STAFF.reference, now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    assert sorted(await work_of(db)) == sorted(
        [
            ("PREPARE_PICKUP", shop.store, "WAITING"),
            ("TRANSFER", shop.other_store, "DONE"),
            ("RECEIVE", shop.store, "OPEN"),
        ]
    )
    assert (await pickup_of(db, order_id)).status == "REQUESTED"
    async with db.write() as tx:
        await receive_transfer(tx, transfer.id, actor=STAFF.reference, now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    assert sorted(await work_of(db)) == sorted(
        [
            ("PREPARE_PICKUP", shop.store, "OPEN"),
            ("TRANSFER", shop.other_store, "DONE"),
            ("RECEIVE", shop.store, "DONE"),
        ]
    )
    assert (await pickup_of(db, order_id)).status == "PREPARING"
    assert await stock_of(db, shop.variants[1], shop.store) == (11, 1)


async def test_a_part_that_is_still_under_way_keeps_the_pickup_waiting(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=3, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, Arrival({1: 2}), actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    assert ("RECEIVE", shop.store, "OPEN") in await work_of(db)
    assert ("PREPARE_PICKUP", shop.store, "WAITING") in await work_of(db)
    assert (await pickup_of(db, order_id)).status == "REQUESTED"


async def test_following_twice_or_an_unknown_transfer_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    before = await everything(db)
    async with db.write() as tx:
        await follow_transfer(tx, transfer.id, now=NOW)
        await follow_transfer(tx, new_id(), now=NOW)
    assert await everything(db) == before


async def test_own_transfers_ask_for_work_at_both_ends(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        transfer_id = await _own_transfer(tx, shop)
        await follow_transfer(tx, transfer_id, now=NOW)
    assert await work_of(db) == [("TRANSFER", shop.warehouse, "OPEN"), ("RECEIVE", shop.store, "WAITING")]
    assert {(row.order_id, row.transfer_id) for row in await work_rows(db)} == {(None, transfer_id)}
    async with db.write() as tx:
        await ship_transfer(tx, transfer_id, actor="test", now=NOW)
        await receive_transfer(tx, transfer_id, actor="test", now=NOW)
        await follow_transfer(tx, transfer_id, now=NOW)
    assert await work_of(db) == [("TRANSFER", shop.warehouse, "DONE"), ("RECEIVE", shop.store, "DONE")]


async def test_a_canceled_transfer_asks_for_no_more_work(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        transfer_id = await _own_transfer(tx, shop)
        await follow_transfer(tx, transfer_id, now=NOW)
        await cancel_transfer(tx, transfer_id, actor="test", now=NOW)
        await follow_transfer(tx, transfer_id, now=NOW)
    assert await work_of(db) == [("TRANSFER", shop.warehouse, "CANCELED"), ("RECEIVE", shop.store, "CANCELED")]


async def test_work_tells_who_sent_and_who_took_in_however_late_it_is_heard(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=3, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="key:umeda", now=NOW)
        await receive_transfer(tx, transfer.id, Arrival({1: 1}), actor="key:first", now=NOW)
        await receive_transfer(tx, transfer.id, Arrival({1: 1}, lost={1: 1}), actor="key:second", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    assert {(row.kind, row.location_id): row.completed_by for row in await work_rows(db)} == {
        ("TRANSFER", shop.other_store): "key:umeda",
        ("RECEIVE", shop.store): "key:second",
        ("PREPARE_PICKUP", shop.store): None,
    }


async def test_each_arrival_is_told_once(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=3, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="key:umeda", now=NOW)
        await receive_transfer(tx, transfer.id, Arrival({1: 1}), actor="key:store", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
        await receive_transfer(tx, transfer.id, Arrival({1: 2}), actor="key:store", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
        rows = await tx.connection.fetch("SELECT kind, actor, facts FROM order_history WHERE kind LIKE 'TRANSFER%'")
    number = rows[0]["facts"]["transfer"]
    assert number.startswith("TR-")
    assert [(row["kind"], row["actor"], row["facts"]) for row in rows] == [
        ("TRANSFER_SHIPPED", "key:umeda", {"transfer": number}),
        ("TRANSFER_RECEIVED", "key:store", {"transfer": number, "received": 1, "lost": 0}),
        ("TRANSFER_RECEIVED", "key:store", {"transfer": number, "received": 3, "lost": 0}),
    ]
    assert (await history_of(db, order_id))[:2] == ["CREATED", "WORK_PLANNED"]
