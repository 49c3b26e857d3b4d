"""Somebody is at a piece of work: one, whoever else says so."""

import asyncio

import pytest

from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.errors import WorkTaken
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order
from tests.fulfillment.views import everything
from tests.fulfillment.work import history_of_work, work_id_of, work_row


async def test_it_is_theirs_from_then_on(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await acknowledge_works(tx, [work_id], "Aoi", actor=STAFF, now=NOW)
    row = await work_row(db, work_id)
    assert (row["status"], row["assignee"], row["acknowledged_by"], row["acknowledged_at"]) == (
        "IN_PROGRESS",
        "Aoi",
        "Aoi",
        NOW,
    )
    assert await history_of_work(db, work_id) == [("ACKNOWLEDGE", "IN_PROGRESS", {"assignee": "Aoi"})]


async def test_without_a_name_it_is_the_key_and_stays_whose_it_is(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await acknowledge_works(tx, [work_id], None, actor=STAFF, now=NOW)
    row = await work_row(db, work_id)
    assert (row["assignee"], row["acknowledged_by"]) == (None, "key:staff")


async def test_what_is_assigned_to_somebody_else_is_not_taken(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await assign_works(tx, [work_id], "Ren", actor=STAFF, now=NOW)
    before = await everything(db)
    with pytest.raises(WorkTaken) as refusal:
        async with db.write() as tx:
            await acknowledge_works(tx, [work_id], "Aoi", actor=STAFF, now=NOW)
    assert refusal.value.facts == {"assignee": "Ren"}
    assert await everything(db) == before


async def test_of_many_one_gets_it(db: Database) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")

    async def take(name: str) -> str | None:
        try:
            async with db.write() as tx:
                await acknowledge_works(tx, [work_id], name, actor=STAFF, now=NOW)
        except (WorkTaken, InvalidTransition):
            return None
        return name

    won = [name for name in await asyncio.gather(*(take(f"P{number}") for number in range(8))) if name]
    assert len(won) == 1
    assert (await work_row(db, work_id))["assignee"] == won[0]
    assert len(await history_of_work(db, work_id)) == 1
