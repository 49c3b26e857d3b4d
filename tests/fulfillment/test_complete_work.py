"""People report work done."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.model import WorkKind
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, fulfillments_of, pickup_of, stock_of, transfer_of, work_of, work_rows
from tests.pump import pump


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


async def test_units_that_are_said_must_be_those_of_the_lines(db: Database) -> None:
    await planned_order(db, home)
    work_id = await _work_id(db, "PICK")
    before = await everything(db)
    for done, kind in (({1: 1}, InvalidQuantity), ({1: 3}, InvalidQuantity), ({}, InvalidQuantity), ({2: 1}, NotFound)):
        with pytest.raises(kind) as refusal:
            async with db.write() as tx:
                await complete_work(tx, work_id, done, actor=STAFF, now=NOW)
        assert refusal.value.facts in ({}, {"minimum": 2, "maximum": 2})
    assert await everything(db) == before
    async with db.write() as tx:
        await complete_work(tx, work_id, {1: 2}, actor=STAFF, now=NOW)
    assert [status for _, _, status in await work_of(db)] == ["DONE", "OPEN"]


async def test_what_a_count_finds_is_what_is_on_hand(db: Database) -> None:
    """Promises that it cannot keep move to other places."""
    shop, order_id = await planned_order(db, home)
    async with db.write() as tx:
        draft = WorkDraft(
            WorkKind.COUNT, location_id=shop.warehouse, lines=[(shop.variants[0], 0), (shop.variants[1], 0)]
        )
        work_id = await create_work(tx, draft, actor=STAFF, now=NOW)
    for found in (None, {1: 1}, {1: -1, 2: 0}, {1: 1, 2: 3, 3: 1}):
        before = await everything(db)
        with pytest.raises((InvalidQuantity, NotFound)):
            async with db.write() as tx:
                await complete_work(tx, work_id, found, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
        assert await everything(db) == before
    async with db.write() as tx:
        await complete_work(tx, work_id, {1: 1, 2: 12}, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (1, 1)
    assert await stock_of(db, shop.variants[1], shop.warehouse) == (12, 0)
    await pump(db, now=NOW)
    assert [row["status"] for row in await fulfillments_of(db, order_id)] == ["OPEN", "OPEN"]
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT line_no, done_quantity FROM work_lines ORDER BY 1")
        kinds = await tx.connection.fetch("SELECT DISTINCT reason, cause_kind FROM ledger WHERE cause_id = $1", work_id)
    assert [tuple(row) for row in rows] == [(1, 1), (2, 12)]
    assert [tuple(row) for row in kinds] == [("COUNT", "WORK")]
