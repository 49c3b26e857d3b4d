"""Staff asks for work that nothing else asks for."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.model import WorkKind
from app.fulfillment.model.packages import PackageDraft
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order
from tests.fulfillment.views import everything, fulfillments_of, pickup_of, work_rows
from tests.fulfillment.work import history_of_work, statuses, work_id_of, work_row


async def _create(db: Database, kind: WorkKind, **values: Any) -> UUID:
    async with db.write() as tx:
        return await create_work(tx, WorkDraft(kind, **values), actor=STAFF, now=NOW)


async def test_what_is_to_be_packed_is_shipped_after_it(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    [parcel] = await fulfillments_of(db, order_id)
    pack = await _create(db, WorkKind.PACK, fulfillment_id=parcel["id"], note="gift wrap")
    row = await work_row(db, pack)
    assert (row["status"], row["location_id"], row["order_id"], row["note"]) == (
        "WAITING",
        shop.warehouse,
        order_id,
        "gift wrap",
    )
    seen: list[dict[str, str]] = []
    for kind in ("PICK", "PACK"):
        async with db.write() as tx:
            await complete_work(tx, await work_id_of(db, kind), actor=STAFF, now=NOW)
        seen.append(statuses(await work_rows(db)))
    assert seen == [
        {"PICK": "DONE", "PACK": "OPEN", "SHIP": "WAITING"},
        {"PICK": "DONE", "PACK": "DONE", "SHIP": "OPEN"},
    ]
    assert await history_of_work(db, pack) == [("CREATE", "WAITING", {"note": "gift wrap"}), ("COMPLETE", "DONE", {})]


async def test_after_picking_it_can_be_packed_at_once_and_a_parcel_that_left_was_packed(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    [parcel] = await fulfillments_of(db, order_id)
    async with db.write() as tx:
        await complete_work(tx, await work_id_of(db, "PICK"), actor=STAFF, now=NOW)
    pack = await _create(db, WorkKind.PACK, fulfillment_id=parcel["id"])
    assert statuses(await work_rows(db)) == {"PICK": "DONE", "SHIP": "WAITING", "PACK": "OPEN"}
    async with db.write() as tx:
        await create_shipment(tx, parcel["id"], [PackageDraft("x", "1")], actor=STAFF, now=NOW)
    assert (await work_row(db, pack))["status"] == "DONE"
    with pytest.raises(InvalidTransition) as refusal:
        await _create(db, WorkKind.PACK, fulfillment_id=parcel["id"])
    assert refusal.value.facts == {"current_status": "SHIPPED"}


async def test_of_many_who_ask_for_the_same_one_gets_it(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    [parcel] = await fulfillments_of(db, order_id)
    pickup = await pickup_of(db, order_id)
    for about in ({"kind": WorkKind.PACK, "fulfillment_id": parcel["id"]},
                  {"kind": WorkKind.LOCKER_DROP_OFF, "pickup_id": pickup["id"]}):  # fmt: skip

        async def ask(about: dict[str, Any] = about) -> bool:
            try:
                await _create(db, **about)
            except InvalidTransition:
                return False
            return True

        assert sum(await asyncio.gather(*(ask() for _ in range(6)))) == 1


async def test_a_locker_is_filled_again_once_the_first_try_is_done(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    first = await _create(db, WorkKind.LOCKER_DROP_OFF, pickup_id=pickup["id"])
    row = await work_row(db, first)
    assert (row["location_id"], row["order_id"], row["status"]) == (shop.konbini, order_id, "OPEN")
    async with db.write() as tx:
        await complete_work(tx, first, actor=STAFF, now=NOW)
    assert await _create(db, WorkKind.LOCKER_DROP_OFF, pickup_id=pickup["id"]) != first


@pytest.mark.parametrize("kind", ["PICK", "SHIP", "PREPARE_PICKUP", "TRANSFER", "RECEIVE"])
async def test_what_asks_for_itself_is_not_asked_for(db: Database, kind: str) -> None:
    shop, _ = await planned_order(db, home)
    before = await everything(db)
    with pytest.raises(InvalidInput):
        await _create(db, WorkKind(kind), location_id=shop.store, note="x")
    assert await everything(db) == before


async def test_work_about_nothing_or_about_too_much_is_refused(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    [parcel], pickup = await fulfillments_of(db, order_id), await pickup_of(db, order_id)
    variant_id = shop.variants[0]
    cases: list[tuple[dict[str, Any], type[DomainError]]] = [
        ({"kind": WorkKind.PACK}, InvalidInput),
        ({"kind": WorkKind.PACK, "fulfillment_id": parcel["id"], "lines": [(variant_id, 1)]}, InvalidInput),
        ({"kind": WorkKind.PACK, "fulfillment_id": new_id()}, NotFound),
        ({"kind": WorkKind.COUNT, "location_id": shop.store}, InvalidInput),
        ({"kind": WorkKind.COUNT, "note": "x"}, InvalidInput),
        ({"kind": WorkKind.COUNT, "pickup_id": pickup["id"]}, InvalidInput),
        ({"kind": WorkKind.LOCKER_DROP_OFF, "location_id": shop.konbini, "note": "x"}, InvalidInput),
        ({"kind": WorkKind.LOCKER_DROP_OFF, "pickup_id": new_id()}, NotFound),
        ({"kind": WorkKind.RETURN_INSPECT, "pickup_id": pickup["id"], "lines": [(variant_id, 1)]}, InvalidInput),
    ]
    before = await everything(db)
    for values, kind in cases:
        with pytest.raises(kind):
            await _create(db, **values)
    draft, clerk = (
        WorkDraft(WorkKind.PACK, fulfillment_id=parcel["id"]),
        replace(STAFF, location_ids=frozenset({shop.store})),
    )
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await create_work(tx, draft, actor=clerk, now=NOW)
    assert await everything(db) == before


async def test_what_came_back_is_inspected_where_it_is(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    work_id = await _create(db, WorkKind.RETURN_INSPECT, pickup_id=pickup["id"], location_id=shop.warehouse)
    loose = await _create(db, WorkKind.RETURN_INSPECT, location_id=shop.store, note="box without a label")
    assert [(await work_row(db, one))["location_id"] for one in (work_id, loose)] == [shop.warehouse, shop.store]
