"""Somebody is to do a piece of work."""

from dataclasses import replace

import pytest

from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.assign_works import assign_works
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order, store_pickup
from tests.fulfillment.views import everything
from tests.fulfillment.work import history_of_work, work_id_of, work_row


async def test_several_at_once_and_somebody_else_later(db: Database) -> None:
    await planned_order(db, home, store_pickup)
    ids = [await work_id_of(db, kind) for kind in ("PREPARE_PICKUP", "PICK", "SHIP")]
    async with db.write() as tx:
        await assign_works(tx, ids, "Aoi", actor=STAFF, now=NOW)
        await assign_works(tx, ids[1:2], None, actor=STAFF, now=NOW)
    assert [(await work_row(db, work_id))["assignee"] for work_id in ids] == ["Aoi", None, "Aoi"]
    assert await history_of_work(db, ids[1]) == [
        ("ASSIGN", "OPEN", {"assignee": "Aoi"}),
        ("ASSIGN", "OPEN", {"assignee": None}),
    ]


async def test_work_that_somebody_is_at_is_open_for_the_next(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await acknowledge_works(tx, [work_id], "Aoi", actor=STAFF, now=NOW)
        await assign_works(tx, [work_id], "Ren", actor=STAFF, now=NOW)
    row = await work_row(db, work_id)
    assert (row["status"], row["assignee"], row["acknowledged_by"], row["acknowledged_at"]) == (
        "OPEN",
        "Ren",
        "Aoi",
        NOW,
    )
    assert row["version"] == 3


async def test_all_or_none_and_only_at_locations_of_the_key(db: Database) -> None:
    shop, _ = await planned_order(db, home, store_pickup)
    pick, prepare = await work_id_of(db, "PICK"), await work_id_of(db, "PREPARE_PICKUP")
    before = await everything(db)
    cases = [
        ([prepare, pick], replace(STAFF, location_ids=frozenset({shop.store})), "1"),
        ([pick, new_id()], STAFF, "1"),
        ([prepare], shop.partner, "0"),
    ]
    for ids, actor, index in cases:
        with pytest.raises(NotFound) as refusal:
            async with db.write() as tx:
                await assign_works(tx, ids, "Aoi", actor=actor, now=NOW)
        assert refusal.value.path == [index]
    assert await everything(db) == before
    assert await history_of_work(db, prepare) == []
