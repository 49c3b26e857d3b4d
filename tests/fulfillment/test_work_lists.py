"""Lists and counts of work: filters, pages, and what they cost."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.model import WorkKind
from app.fulfillment.sql.work_lists import WORK_ANYWHERE, WORK_COUNTS, WORK_OF_PLACES
from app.kit.db import Database, WriteTx
from app.kit.ids import global_id
from app.kit.statement import Statement
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import STAFF, Shop, home, make_shop, planned_order, store_pickup
from tests.fulfillment.work import work_id_of

LIST: Final = """query ($l: ID, $s: [WorkStatus!], $k: [WorkKind!], $a: String, $b: DateTime, $o: Boolean, $f: Int = 20,
                        $after: String) {
    workInstructions(locationId: $l, statuses: $s, kinds: $k, assignee: $a, dueBefore: $b, isOverdue: $o, first: $f,
                     after: $after) {
        nodes { kind status note assignee dueAt isOverdue } pageInfo { hasNextPage endCursor } } }"""
COUNTS: Final = """query ($l: ID!, $s: [WorkStatus!], $k: [WorkKind!]) {
    workCounts(locationId: $l, statuses: $s, kinds: $k) { kind status count overdue } }"""
_MANY: Final = """
    INSERT INTO work_instructions (id, kind, location_id, status, note, due_at, created_at, completed_at)
    SELECT gen_random_uuid(), 'COUNT', $1::int, CASE WHEN n % 2 = 0 THEN 'OPEN' ELSE 'DONE' END, n::text,
           $2::timestamptz + n * interval '1 minute', $2, CASE WHEN n % 2 = 0 THEN NULL ELSE $2::timestamptz END
      FROM generate_series(1, $3::int) AS n
"""


async def _count_work(tx: WriteTx, shop: Shop, hours: int | None, place: int | None = None, note: str = "") -> UUID:
    due = None if hours is None else NOW + timedelta(hours=hours)
    draft = WorkDraft(WorkKind.COUNT, location_id=place or shop.store, note=note or f"{hours}", due_at=due)
    return await create_work(tx, draft, actor=STAFF, now=NOW)


async def _notes(execute: Execute, **variables: Any) -> list[str]:
    data = await execute(LIST, variables, actor=STAFF, now=NOW)
    return [row["note"] for row in data["workInstructions"]["nodes"]]


async def test_what_is_due_first_is_at_the_top_and_what_has_no_time_at_the_end(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        for hours in (3, None, -2, 1, None):
            await _count_work(tx, shop, hours)
    assert await _notes(execute) == ["-2", "1", "3", "None", "None"]
    seen: list[str] = []
    after = None
    while True:
        page = (await execute(LIST, {"f": 2, "after": after}, actor=STAFF, now=NOW))["workInstructions"]
        seen += [row["note"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["-2", "1", "3", "None", "None"]


async def test_filters(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        ids = {hours: await _count_work(tx, shop, hours) for hours in (-2, -1, 1, 2)}
        await _count_work(tx, shop, 0, shop.warehouse, "elsewhere")
        await acknowledge_works(tx, [ids[-1], ids[2]], "Aoi", actor=STAFF, now=NOW)
        await hold_works(tx, [ids[-2]], "wait", actor=STAFF, now=NOW)
    place = global_id("Location", shop.store)
    assert await _notes(execute, l=place) == ["-2", "-1", "1", "2"]
    assert await _notes(execute, s=["OPEN"]) == ["elsewhere", "1"]
    assert await _notes(execute, l=place, s=["OPEN", "ON_HOLD"]) == ["-2", "1"]
    assert await _notes(execute, l=place, a="Aoi") == ["-1", "2"]
    assert await _notes(execute, a="Ren") == []
    assert await _notes(execute, l=place, b=(NOW + timedelta(hours=2)).isoformat()) == ["-2", "-1", "1"]
    assert await _notes(execute, l=place, o=True) == ["-2", "-1"]
    assert await _notes(execute, l=place, o=True, b=(NOW - timedelta(minutes=90)).isoformat()) == ["-2"]
    assert await _notes(execute, l=place, o=True, s=["DONE"]) == []
    assert await _notes(execute, l=place, o=False) == ["1", "2"]
    assert await _notes(execute, k=["PICK"]) == []
    assert await _notes(execute, s=[]) == []
    data = await execute(LIST, {"l": place, "f": 2}, actor=STAFF, now=NOW)
    assert [(row["status"], row["assignee"], row["isOverdue"]) for row in data["workInstructions"]["nodes"]] == [
        ("ON_HOLD", None, True),
        ("IN_PROGRESS", "Aoi", True),
    ]


async def test_a_key_for_some_locations_sees_those(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await _count_work(tx, shop, 1)
        await _count_work(tx, shop, 2, shop.warehouse)
    clerk = replace(STAFF, location_ids=frozenset({shop.store, shop.other_store}))
    for variables, found in (
        ({}, ["1"]),
        ({"l": global_id("Location", shop.store)}, ["1"]),
        ({"l": global_id("Location", shop.warehouse)}, []),
    ):
        data = await execute(LIST, variables, actor=clerk, now=NOW)
        assert [row["note"] for row in data["workInstructions"]["nodes"]] == found
    warehouse = {"l": global_id("Location", shop.warehouse)}
    assert (await execute(COUNTS, warehouse, actor=clerk))["workCounts"] == []
    assert len((await execute(COUNTS, warehouse, actor=STAFF))["workCounts"]) == 1


async def test_counts(db: Database, execute: Execute) -> None:
    shop, _ = await planned_order(db, home, store_pickup)
    async with db.write() as tx:
        await _count_work(tx, shop, -1)
        await _count_work(tx, shop, None)
        await hold_works(tx, [await work_id_of(db, "PREPARE_PICKUP")], "wait", actor=STAFF, now=NOW)
    store = {"l": global_id("Location", shop.store)}
    data = await execute(COUNTS, store, actor=STAFF, now=NOW)
    assert data["workCounts"] == [
        {"kind": "COUNT", "status": "OPEN", "count": 2, "overdue": 1},
        {"kind": "PREPARE_PICKUP", "status": "ON_HOLD", "count": 1, "overdue": 0},
    ]
    data = await execute(COUNTS, {**store, "k": ["COUNT"], "s": ["DONE", "OPEN"]}, actor=STAFF, now=NOW)
    assert data["workCounts"] == [{"kind": "COUNT", "status": "OPEN", "count": 2, "overdue": 1}]


@pytest.mark.parametrize("after", ["x", "WzEsMl0", "WzEsIngiXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OSwieCJd"])
async def test_a_cursor_of_something_else_is_refused(execute: Execute, after: str) -> None:
    result = await execute.raw(LIST, {"after": after}, actor=STAFF)
    assert [error.extensions["code"] for error in result.errors or ()] == ["INVALID_INPUT"]


async def _plan(db: Database, statement: Statement, **values: Any) -> list[dict[str, Any]]:
    """The nodes of the plan that PostgreSQL carries out."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", *(values.get(name) for name in statement.names)
        )
    found: list[dict[str, Any]] = []
    nodes = [json.loads(rows[0][0])[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        found.append(node)
        nodes += node.get("Plans", [])
    return found


async def test_the_first_page_of_ten_thousand_costs_a_page(db: Database) -> None:
    """It is read from the index, row by row, and no further than it goes."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        await tx.connection.execute(_MANY, shop.store, NOW, 20_000)
    async with db.write() as tx:
        await tx.connection.execute("ANALYZE work_instructions")
    kinds, limit = [str(kind) for kind in WorkKind], 21
    values: dict[str, Any] = {"kinds": kinds, "statuses": ["OPEN", "IN_PROGRESS"], "limit": limit}
    for statement, more in ((WORK_OF_PLACES, {"location_ids": [shop.store]}), (WORK_ANYWHERE, {})):
        nodes = await _plan(db, statement, **values, **more)
        reads = [node for node in nodes if node.get("Relation Name") == "work_instructions"]
        assert [node["Node Type"] for node in reads] == ["Index Scan"]
        assert reads[0]["Actual Rows"] * reads[0]["Actual Loops"] <= limit + reads[0]["Actual Loops"]
        assert reads[0].get("Rows Removed by Filter", 0) == 0
    nodes = await _plan(db, WORK_COUNTS, location_id=shop.store, kinds=kinds, statuses=["WAITING", "OPEN"], now=NOW)
    reads = [node for node in nodes if node.get("Relation Name") == "work_instructions"]
    assert all("Seq" not in node["Node Type"] for node in reads), reads
