"""Many orders in one walk; no work in two lists."""

import asyncio
from datetime import timedelta

import pytest

from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.set_shelves import set_shelves
from app.fulfillment.errors import WorkListed
from app.fulfillment.model.pick_lists import PICK_LIST, PickListStatus, PickListStep, shelf_order
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.listing import lines_of_list, list_row, listed, many_orders, works_of
from tests.fulfillment.views import everything
from tests.fulfillment.work import work_row


@pytest.mark.parametrize("step", PickListStep)
@pytest.mark.parametrize("status", PickListStatus)
def test_only_open_lists_change(step: PickListStep, status: PickListStatus) -> None:
    after = {"CHANGE": {"OPEN", "CANCELED"}, "COMPLETE": {"DONE"}, "CANCEL": {"CANCELED"}}[step]
    if status is PickListStatus.OPEN:
        assert set(PICK_LIST.check(step, status)) == after
        return
    with pytest.raises(InvalidTransition) as refusal:
        PICK_LIST.check(step, status)
    assert refusal.value.facts == {"current_status": status}


def test_people_walk_by_numbers() -> None:
    assert (
        shelf_order("A-2") < shelf_order("A-2-3") < shelf_order("A-02-4") < shelf_order("Ａ-2-10") < shelf_order("a-10")
    )


async def test_lines_are_summed_and_follow_the_shelves(db: Database) -> None:
    shop, works = await many_orders(db, 4)
    shirt, cap = shop.variants
    list_id = await listed(db, shop.warehouse, assignee="Aoi")
    row = await list_row(db, list_id)
    assert (row["status"], row["assignee"], row["created_by"], row["number"][:3]) == ("OPEN", "Aoi", "key:staff", "PL-")
    assert await works_of(db, list_id) == [(work_id, "OPEN") for work_id in works]
    assert {(await work_row(db, work_id))["assignee"] for work_id in works} == {"Aoi"}
    seen = [await lines_of_list(db, list_id)]
    for labels in ({shirt: "A-10", cap: "A-9"}, {shirt: "A-8"}, {cap: None}):
        async with db.write() as tx:
            await set_shelves(tx, shop.warehouse, labels)
            await set_shelves(tx, shop.store, {shirt: "Z", cap: "Z"})
        seen.append(await lines_of_list(db, list_id))
    assert seen == [
        [("CAP", None, 4, 2), ("SHIRT", None, 4, 4)],
        [("CAP", "A-9", 4, 2), ("SHIRT", "A-10", 4, 4)],
        [("SHIRT", "A-8", 4, 4), ("CAP", "A-9", 4, 2)],
        [("SHIRT", "A-8", 4, 4), ("CAP", None, 4, 2)],
    ]


async def test_what_is_due_first_and_in_no_list(db: Database) -> None:
    shop, works = await many_orders(db, 5)
    async with db.write() as tx:
        await hold_works(tx, works[:1], "wait", actor=STAFF, now=NOW)
    first, second = [await listed(db, shop.warehouse, max_orders=2) for _ in range(2)]
    assert [work_id for work_id, _ in await works_of(db, first)] == works[1:3]
    assert [work_id for work_id, _ in await works_of(db, second)] == works[3:]
    before = await everything(db)
    for options in ({}, {"due_before": NOW - timedelta(days=1)}, {"max_orders": 0}, {"max_orders": 101}):
        with pytest.raises(InvalidInput):
            await listed(db, shop.warehouse, **options)
    assert await everything(db) == before


async def test_named_work_is_open_picking_at_the_place_and_in_no_other_list(db: Database) -> None:
    shop, works = await many_orders(db, 3)
    list_id = await listed(db, shop.warehouse, works[:1])
    async with db.read() as tx:
        ship = await tx.connection.fetchval("SELECT id FROM work_instructions WHERE kind = 'SHIP' LIMIT 1")
    async with db.write() as tx:
        await hold_works(tx, works[2:], "wait", actor=STAFF, now=NOW)
    before = await everything(db)
    for ids, place, kind in (
        (works[:2], shop.warehouse, WorkListed),
        (works[1:2], shop.store, InvalidTransition),
        ([ship], shop.warehouse, InvalidTransition),
        (works[1:], shop.warehouse, InvalidTransition),
        ([works[1], new_id()], shop.warehouse, NotFound),
    ):
        with pytest.raises(kind) as refusal:
            await listed(db, place, ids)
        if kind is WorkListed:
            assert refusal.value.facts == {"pick_list": (await list_row(db, list_id))["number"]}
    assert await everything(db) == before


async def test_pickers_who_ask_at_once_get_different_work(db: Database) -> None:
    shop, works = await many_orders(db, 10)

    async def ask() -> list[object]:
        try:
            return [work_id for work_id, _ in await works_of(db, await listed(db, shop.warehouse, max_orders=3))]
        except InvalidInput:
            return []

    got = await asyncio.gather(*(ask() for _ in range(6)))
    assert sorted(work_id for one in got for work_id in one) == sorted(works)
    assert max(len(one) for one in got) == 3
