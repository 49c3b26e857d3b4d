"""The life of a work instruction: which step is possible in which status, and that the database agrees."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.release_works import release_works
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.model.work import UNFINISHED, WORK, WorkStep
from app.fulfillment.sql import work
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order
from tests.fulfillment.views import everything
from tests.fulfillment.work import force_status, work_id_of, work_row


def _each(before: Sequence[str], after: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(before, after)


AFTER: dict[str, dict[str, set[str]]] = {
    "ASSIGN": {"WAITING": {"WAITING"}, "OPEN": {"OPEN"}, "IN_PROGRESS": {"OPEN"}, "ON_HOLD": {"ON_HOLD"}},
    "ACKNOWLEDGE": {"OPEN": {"IN_PROGRESS"}},
    "COMPLETE": {"OPEN": {"DONE"}, "IN_PROGRESS": {"DONE"}},
    "HOLD": {"WAITING": {"ON_HOLD"}, "OPEN": {"ON_HOLD"}, "IN_PROGRESS": {"ON_HOLD"}},
    "RELEASE": {"ON_HOLD": {"WAITING", "OPEN"}},
    "REPORT_SHORT": {
        "OPEN": {"OPEN", "WAITING", "DONE", "REJECTED"},
        "IN_PROGRESS": {"IN_PROGRESS", "WAITING", "DONE", "REJECTED"},
    },
    "REJECT": _each(("OPEN", "IN_PROGRESS"), {"WAITING", "DONE", "REJECTED"}),
    "SPLIT": {"OPEN": {"OPEN"}},
    "MOVE": _each(("OPEN", "IN_PROGRESS"), {"DONE", "CANCELED"}),
    "UNBLOCK": {"WAITING": {"OPEN"}, "ON_HOLD": {"ON_HOLD"}},
    "BLOCK": {"OPEN": {"WAITING"}, "IN_PROGRESS": {"WAITING"}, "ON_HOLD": {"ON_HOLD"}},
    "REPEAT": {"DONE": {"OPEN", "WAITING"}},
    "RECORD": _each(("WAITING", "OPEN", "IN_PROGRESS", "ON_HOLD"), {"DONE"}),
    "CANCEL": _each(("WAITING", "OPEN", "IN_PROGRESS", "ON_HOLD"), {"CANCELED"}),
}
PEOPLE: dict[str, Callable[[WriteTx, UUID], Awaitable[Any]]] = {
    "ASSIGN": lambda tx, work_id: assign_works(tx, [work_id], "Aoi", actor=STAFF, now=NOW),
    "ACKNOWLEDGE": lambda tx, work_id: acknowledge_works(tx, [work_id], "Aoi", actor=STAFF, now=NOW),
    "COMPLETE": lambda tx, work_id: complete_work(tx, work_id, actor=STAFF, now=NOW),
    "HOLD": lambda tx, work_id: hold_works(tx, [work_id], "wait", actor=STAFF, now=NOW),
    "RELEASE": lambda tx, work_id: release_works(tx, [work_id], actor=STAFF, now=NOW),
}


@pytest.mark.parametrize("step", WorkStep)
@pytest.mark.parametrize("status", WorkStatus)
def test_every_pair_is_allowed_or_refused_as_the_table_says(step: WorkStep, status: WorkStatus) -> None:
    if status in AFTER[step]:
        assert set(WORK.check(step, status)) == AFTER[step][status]
        return
    with pytest.raises(InvalidTransition) as refusal:
        WORK.check(step, status)
    assert refusal.value.facts == {"current_status": status}


def test_finished_work_begins_again_only_by_repeating() -> None:
    for step, moves in WORK.steps.items():
        assert step is WorkStep.REPEAT or set(moves) <= set(UNFINISHED)
    assert set(AFTER) == set(WorkStep)


# Of a parcel's picking, behind which nothing is; the invariants of its fulfillment are not asked of forced statuses.
@pytest.mark.parametrize("step", sorted(PEOPLE))
@pytest.mark.parametrize("status", WorkStatus)
async def test_what_people_do_follows_the_table(db: Database, step: str, status: WorkStatus) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    await force_status(db, work_id, status)
    before = await everything(db)
    if status in AFTER[step]:
        async with db.write() as tx:
            await PEOPLE[step](tx, work_id)
        after = (await work_row(db, work_id))["status"]
        assert after in AFTER[step][status]
        assert after == ("OPEN" if step == "RELEASE" else next(iter(AFTER[step][status])))
    else:
        with pytest.raises(InvalidTransition) as refusal:
            async with db.write() as tx:
                await PEOPLE[step](tx, work_id)
        assert refusal.value.facts == {"current_status": status}
        assert await everything(db) == before
    await _tidy(db)


# What happens by itself, to the shipping of a parcel.
EVENTS: dict[str, Callable[[WriteTx, UUID], Awaitable[Any]]] = {
    "UNBLOCK": lambda tx, parcel: work.open_work(tx, {parcel: None}, WorkKind.SHIP),
    "BLOCK": lambda tx, parcel: work.let_wait(tx, [parcel], WorkKind.SHIP),
    "RECORD": lambda tx, parcel: work.finish_work(tx, [parcel], [WorkKind.SHIP], actor="x", now=NOW),
    "CANCEL": lambda tx, parcel: work.cancel_work(tx, [parcel], [WorkKind.SHIP]),
}


@pytest.mark.parametrize("event", sorted(EVENTS))
@pytest.mark.parametrize("status", WorkStatus)
async def test_what_happens_by_itself_follows_the_table_and_leaves_the_rest(
    db: Database, event: str, status: WorkStatus
) -> None:
    await planned_order(db, home)
    work_id = await work_id_of(db, "SHIP")
    await force_status(db, work_id, status)
    before = await work_row(db, work_id)
    async with db.write() as tx:
        await EVENTS[event](tx, before["fulfillment_id"])
    after = await work_row(db, work_id)
    assert after["status"] == next(iter(AFTER[event].get(status, {status})))
    if status == "ON_HOLD" and after["status"] == "ON_HOLD":
        assert after["resumes_as"] == {"UNBLOCK": "OPEN", "BLOCK": "WAITING"}[event]
    assert (after["version"] > before["version"]) is (
        status in AFTER[event] and (event, status) != ("UNBLOCK", "ON_HOLD")
    )
    await _tidy(db)


async def _tidy(db: Database) -> None:
    """Statuses that were forced may break invariants, which are asked at the end."""
    async with db.write() as tx:
        for table in ("work_history", "work_instructions", "pickups", "fulfillment_lines", "fulfillments"):
            await tx.connection.execute(f"DELETE FROM {table}")
