"""Another location does what one was asked for."""

from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.move_work import move_work
from app.inventory.errors import InsufficientStock
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order, store_pickup
from tests.fulfillment.views import everything, fulfillments_of, stock_of
from tests.fulfillment.work import history_of_work, work_id_of, work_row
from tests.inventory.builders import corrected


async def _move(db: Database, work_id: UUID, place: int) -> UUID:
    async def work(tx: WriteTx) -> UUID:
        return await move_work(tx, work_id, place, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)

    return await db.in_write(work)


async def test_a_parcel_leaves_from_there(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    moved = await _move(db, work_id, shop.other_store)
    row = await work_row(db, moved)
    assert (row["kind"], row["location_id"], row["status"]) == ("PICK", shop.other_store, "OPEN")
    assert (await work_row(db, work_id))["status"] == "CANCELED"
    assert await history_of_work(db, work_id) == [
        ("MOVE", "CANCELED", {"toLocationId": shop.other_store, "moved": 2, "canceled": 0})
    ]
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    assert await stock_of(db, shop.variants[0], shop.other_store) == (10, 2)
    assert [row["status"] for row in await fulfillments_of(db, order_id)] == ["CANCELED", "OPEN"]


async def test_a_transfer_comes_from_there(db: Database) -> None:
    shop, _ = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    moved = await _move(db, await work_id_of(db, "TRANSFER"), shop.warehouse)
    row = await work_row(db, moved)
    assert (row["kind"], row["location_id"], row["status"]) == ("TRANSFER", shop.warehouse, "OPEN")


async def test_all_units_or_none(db: Database) -> None:
    shop, _ = await planned_order(db, home)
    key = Correction(shop.variants[0], shop.other_store, quantity=1)
    await corrected(db, key, policy=PromisePolicy.KEEP)
    work_id = await work_id_of(db, "PICK")
    before = await everything(db)
    for place, available in ((shop.other_store, 1), (shop.konbini, 0), (999_999, 0)):
        with pytest.raises(InsufficientStock) as refusal:
            await _move(db, work_id, place)
        assert refusal.value.facts == {"requested": 2, "available": available, "variant_id": shop.variants[0]}
    with pytest.raises(InvalidTransition):
        await _move(db, work_id, shop.warehouse)
    assert await everything(db) == before


async def test_a_pickup_is_where_the_shopper_wants_it(db: Database) -> None:
    shop, _ = await planned_order(db, store_pickup)
    with pytest.raises(InvalidTransition):
        await _move(db, await work_id_of(db, "PREPARE_PICKUP"), shop.warehouse)
