"""Store rejects: other places do what one does not."""

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.give_up_work import GivenWork
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.reject_work import reject_work
from app.fulfillment.model.work import ShortReason
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    make_ready,
    pickup_of,
    stock_of,
    transfer_of,
    work_rows,
)
from tests.fulfillment.work import history_of_work, work_id_of, work_row
from tests.pump import pump


async def _reject(
    db: Database, kind: str, reason: ShortReason = ShortReason.NO_TIME, place: int | None = None
) -> GivenWork:
    work_id = await work_id_of(db, kind, place)

    async def work(tx: WriteTx) -> GivenWork:
        return await reject_work(tx, work_id, reason, "too busy", elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)

    return await db.in_write(work)


async def test_store_rejects_and_is_not_asked_again(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: home(shop, source=shop.store))
    [first] = [row["id"] for row in await work_rows(db) if row["kind"] == "PICK"]
    assert await _reject(db, "PICK") == ("REJECTED", 2, 0)
    row = await work_row(db, first)
    assert (row["status"], row["reject_reason"]) == ("REJECTED", "NO_TIME")
    assert (await history_of_work(db, first))[0][2] == {
        "reason": "NO_TIME",
        "note": "too busy",
        "moved": 2,
        "canceled": 0,
    }
    assert await stock_of(db, shop.variants[0], shop.store) == (10, 0)
    places = {shop.store}
    for left in ("OPEN", "CANCELED"):
        [open_one] = [row for row in await fulfillments_of(db, order_id) if row["status"] == "OPEN"]
        assert open_one["location_id"] not in places, left
        places.add(open_one["location_id"])
        given = await _reject(db, "PICK")
    assert (given.moved, given.broken) == (0, 2)
    assert [row["status"] for row in await fulfillments_of(db, order_id)] == ["CANCELED"] * 3


async def test_a_store_that_cannot_prepare_a_pickup_gets_the_goods_from_elsewhere(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    work_id = await work_id_of(db, "PREPARE_PICKUP")
    assert await _reject(db, "PREPARE_PICKUP", ShortReason.NOT_IN_STOCK) == ("WAITING", 1, 0)
    assert await stock_of(db, shop.variants[1], shop.store) == (9, 0)
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer["id"], actor="test", now=NOW)
        await receive_transfer(tx, transfer["id"], Arrival(), actor="test", now=NOW)
        await follow_transfer(tx, transfer["id"], now=NOW)
    assert (await work_row(db, work_id))["status"] == "OPEN"
    assert (await make_ready(db, order_id))["status"] == "READY"


async def test_a_store_that_does_not_send_is_replaced(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    first = await transfer_of(db, order_id)
    # The store itself has some, which come first.
    given = await _reject(db, "TRANSFER", place=shop.other_store)
    assert given == ("REJECTED", 1, 0)
    async with db.read() as tx:
        status = await tx.connection.fetchval("SELECT status FROM transfers WHERE id = $1", first["id"])
    assert status == "CANCELED"
    assert (await pickup_of(db, order_id))["status"] in {"PREPARING", "REQUESTED"}
    before = await everything(db)
    await pump(db, now=NOW)
    assert await everything(db) == before


async def test_a_parcel_to_a_point_comes_from_elsewhere(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await _reject(db, "PICK", ShortReason.CLOSED)
    assert [row["location_id"] == shop.warehouse for row in await fulfillments_of(db, order_id)] == [True, False]
    assert (await pickup_of(db, order_id))["status"] == "REQUESTED"


async def test_not_what_is_on_hold_nor_what_is_no_order_s(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await hold_works(tx, [work_id], "wait", actor=STAFF, now=NOW)
    before = await everything(db)
    for kind in ("PICK", "SHIP"):
        with pytest.raises(InvalidTransition):
            await _reject(db, kind)
    assert await everything(db) == before
