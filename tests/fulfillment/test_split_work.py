"""Some lines of a piece of work are done apart."""

from typing import Any

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.actions.split_work import split_work
from app.fulfillment.errors import UnknownLine
from app.fulfillment.model import WorkKind
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.work import ShortReason
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Part, Shop, planned_order, store_pickup
from tests.fulfillment.views import everything, fulfillments_of, lines_of, order_states
from tests.fulfillment.work import history_of_work, work_id_of, work_row
from tests.pump import pump


def two_lines(shop: Shop) -> Part:
    return Part("HOME_DELIVERY", [(shop.variants[0], 2, shop.warehouse), (shop.variants[1], 1, shop.warehouse)])


async def test_two_parcels_leave_from_one_place(db: Database) -> None:
    _, order_id = await planned_order(db, two_lines)
    first = await work_id_of(db, "PICK")
    async with db.write() as tx:
        second = await split_work(tx, first, [2], actor=STAFF, now=NOW)
    parcels = await fulfillments_of(db, order_id)
    assert await lines_of(db, order_id) == [(1, 2), (2, 1)]
    assert (await work_row(db, second))["fulfillment_id"] == parcels[1]["id"]
    assert (await work_row(db, second))["due_at"] == (await work_row(db, first))["due_at"]
    assert await history_of_work(db, second) == [("CREATE", "OPEN", {"of": str(first)})]
    for number, (work_id, parcel) in enumerate(zip((first, second), parcels, strict=True)):
        async with db.write() as tx:
            await complete_work(tx, work_id, actor=STAFF, now=NOW)
            await create_shipment(tx, parcel["id"], [PackageDraft("x", str(number))], actor=STAFF, now=NOW)
    assert (await order_states(db, order_id))[0] == "COMPLETED"
    await pump(db, now=NOW)


async def test_what_is_missing_of_one_parcel_changes_only_that_one(db: Database) -> None:
    _, order_id = await planned_order(db, two_lines)
    first = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await split_work(tx, first, [2], actor=STAFF, now=NOW)
        lines = [ShortLine(1, 1)]
        reason = ShortReason.NOT_IN_STOCK
        await report_short(tx, first, lines, reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
    assert await lines_of(db, order_id) == [(1, 1), (2, 1), (1, 1)]
    before = await everything(db)
    await pump(db, now=NOW)
    assert await everything(db) == before


async def test_a_count_is_split_too(db: Database) -> None:
    shop, _ = await planned_order(db, two_lines)
    async with db.write() as tx:
        draft = WorkDraft(WorkKind.COUNT, location_id=shop.store, lines=[(one, 0) for one in shop.variants])
        work_id = await create_work(tx, draft, actor=STAFF, now=NOW)
        other = await split_work(tx, work_id, [2], actor=STAFF, now=NOW)
        await complete_work(tx, work_id, {1: 10}, actor=STAFF, now=NOW)
        await complete_work(tx, other, {2: 10}, actor=STAFF, now=NOW)
    assert [(await work_row(db, one))["status"] for one in (work_id, other)] == ["DONE", "DONE"]


async def test_refused(db: Database) -> None:
    await planned_order(db, two_lines, store_pickup)
    pick, ship, prepare = [await work_id_of(db, kind) for kind in ("PICK", "SHIP", "PREPARE_PICKUP")]
    cases: list[tuple[Any, list[int], type[DomainError]]] = [
        (pick, [], InvalidInput),
        (pick, [1, 2], InvalidInput),
        (pick, [9], UnknownLine),
        (ship, [1], InvalidTransition),
        (prepare, [3], InvalidTransition),
    ]
    before = await everything(db)
    for work_id, line_nos, kind in cases:
        with pytest.raises(kind):
            async with db.write() as tx:
                await split_work(tx, work_id, line_nos, actor=STAFF, now=NOW)
    assert await everything(db) == before
