"""Work on hold stays where it is, whatever happens meanwhile."""

import pytest

from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.release_works import release_works
from app.fulfillment.errors import WorkOnHold
from app.fulfillment.model.packages import PackageDraft
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order, store_pickup
from tests.fulfillment.views import everything, fulfillments_of, pickup_of, transfer_of
from tests.fulfillment.work import history_of_work, work_id_of, work_row


async def test_its_goods_do_not_leave(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    work_id, [parcel] = await work_id_of(db, "PICK"), await fulfillments_of(db, order_id)
    async with db.write() as tx:
        await hold_works(tx, [work_id], "address is checked", actor=STAFF, now=NOW)
    row = await work_row(db, work_id)
    assert (row["status"], row["hold_reason"], row["resumes_as"]) == ("ON_HOLD", "address is checked", "OPEN")
    before = await everything(db)
    with pytest.raises(WorkOnHold) as refusal:
        async with db.write() as tx:
            await create_shipment(tx, parcel["id"], [PackageDraft("x", "1")], actor=STAFF, now=NOW)
    assert refusal.value.facts == {"hold_reason": "address is checked"}
    with pytest.raises(InvalidTransition):
        async with db.write() as tx:
            await complete_work(tx, work_id, actor=STAFF, now=NOW)
    assert await everything(db) == before
    async with db.write() as tx:
        await release_works(tx, [work_id], actor=STAFF, now=NOW)
        await create_shipment(tx, parcel["id"], [PackageDraft("x", "1")], actor=STAFF, now=NOW)
    assert [entry[:2] for entry in await history_of_work(db, work_id)] == [("HOLD", "ON_HOLD"), ("RELEASE", "OPEN")]


async def test_a_pickup_is_not_made_ready(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    async with db.write() as tx:
        await hold_works(tx, [await work_id_of(db, "PREPARE_PICKUP")], "wait", actor=STAFF, now=NOW)
    with pytest.raises(WorkOnHold):
        async with db.write() as tx:
            await mark_ready(tx, pickup["id"], actor=STAFF, now=NOW)
    assert (await pickup_of(db, order_id))["status"] == "PREPARING"


async def test_what_it_waited_for_may_happen_meanwhile(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    work_id, transfer = await work_id_of(db, "PREPARE_PICKUP"), await transfer_of(db, order_id)
    async with db.write() as tx:
        await hold_works(tx, [work_id], "wait", actor=STAFF, now=NOW)
    assert (await work_row(db, work_id))["resumes_as"] == "WAITING"
    async with db.write() as tx:
        await ship_transfer(tx, transfer["id"], actor="test", now=NOW)
        await receive_transfer(tx, transfer["id"], Arrival(), actor="test", now=NOW)
        await follow_transfer(tx, transfer["id"], now=NOW)
    row = await work_row(db, work_id)
    assert (row["status"], row["resumes_as"]) == ("ON_HOLD", "OPEN")
    async with db.write() as tx:
        await release_works(tx, [work_id], actor=STAFF, now=NOW)
        await complete_work(tx, work_id, actor=STAFF, now=NOW)
    assert (await pickup_of(db, order_id))["status"] == "READY"


async def test_held_before_its_time_it_waits_again(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "SHIP")
    async with db.write() as tx:
        await hold_works(tx, [work_id], "wait", actor=STAFF, now=NOW)
        await release_works(tx, [work_id], actor=STAFF, now=NOW)
    row = await work_row(db, work_id)
    assert (row["status"], row["resumes_as"], row["hold_reason"]) == ("WAITING", None, None)
