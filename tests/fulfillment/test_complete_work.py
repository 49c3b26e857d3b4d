"""People report work done."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, pickup_of, transfer_of, work_of, work_rows


async def _complete(db: Database, work_id: UUID, actor: Actor = STAFF) -> None:
    async with db.write() as tx:
        await complete_work(tx, work_id, actor=actor, now=NOW)


async def _work_id(db: Database, kind: str) -> UUID:
    [found] = [row.id for row in await work_rows(db) if row.kind == kind]
    return found


async def test_picked_goods_can_be_shipped(db: Database) -> None:
    shop, _ = await planned_order(db, home)
    await _complete(db, await _work_id(db, "PICK"))
    assert await work_of(db) == [("PICK", shop.warehouse, "DONE"), ("SHIP", shop.warehouse, "OPEN")]
    [pick, _] = await work_rows(db)
    assert (pick.completed_at, pick.completed_by) == (NOW, "key:staff")


async def test_picking_for_a_point_shows_at_the_pickup(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    await _complete(db, await _work_id(db, "PICK"))
    assert (await pickup_of(db, order_id)).status == "PREPARING"


async def test_a_prepared_pickup_is_ready(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    await _complete(db, await _work_id(db, "PREPARE_PICKUP"))
    assert await work_of(db) == [("PREPARE_PICKUP", shop.store, "DONE")]
    assert (await pickup_of(db, order_id)).status == "READY"


async def test_work_is_done_once_and_not_before_its_time(db: Database) -> None:
    shop, order_id = await planned_order(db, home, lambda shop: store_pickup(shop, source=shop.other_store))
    pick_id, prepare_id = await _work_id(db, "PICK"), await _work_id(db, "PREPARE_PICKUP")
    await _complete(db, pick_id)
    before = await everything(db)
    for work_id, status in ((pick_id, "DONE"), (prepare_id, "WAITING")):
        with pytest.raises(InvalidTransition) as refusal:
            await _complete(db, work_id)
        assert refusal.value.facts == {"current_status": status}
    assert await everything(db) == before
    assert (await pickup_of(db, order_id)).location_id == shop.store


@pytest.mark.parametrize("kind", ["SHIP", "TRANSFER", "RECEIVE"])
async def test_what_moves_goods_is_reported_with_its_facts(db: Database, kind: str) -> None:
    _, order_id = await planned_order(db, home, lambda shop: store_pickup(shop, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    if kind == "RECEIVE":
        async with db.write() as tx:
            await ship_transfer(tx, transfer.id, actor="test", now=NOW)
            await follow_transfer(tx, transfer.id, now=NOW)
    before = await everything(db)
    with pytest.raises(InvalidTransition, match="reports it"):
        await _complete(db, await _work_id(db, kind))
    assert await everything(db) == before


async def test_a_key_for_other_locations_finds_no_such_work(db: Database) -> None:
    shop, _ = await planned_order(db, home)
    before = await everything(db)
    with pytest.raises(NotFound):
        await _complete(db, await _work_id(db, "PICK"), replace(STAFF, location_ids=frozenset({shop.store})))
    with pytest.raises(NotFound):
        await _complete(db, new_id())
    assert await everything(db) == before
