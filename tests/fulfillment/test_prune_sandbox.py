"""After 30 days nothing is left of a test pickup, and everything of real ones."""

from datetime import timedelta

from app.fulfillment.actions.create_sandbox_pickup import create_sandbox_pickup
from app.fulfillment.actions.prune_sandbox import prune_sandbox
from app.fulfillment.jobs import SCHEDULES, forget_tests
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, planned_order
from tests.fulfillment.test_create_sandbox_pickup import sandbox_key
from tests.fulfillment.views import everything, report, ship_all

DAY = timedelta(days=1)
TABLES = (
    "orders", "order_deliveries", "order_lines", "order_taxes", "order_history", "fulfillments", "fulfillment_lines",
    "shipments", "packages", "pickups", "pickup_reports", "exception_cases", "work_instructions",
)  # fmt: skip


async def _rows(db: Database) -> dict[str, int]:
    async with db.read() as tx:
        return {table: await tx.connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def test_only_old_tests_are_deleted(db: Database) -> None:
    _, real = await planned_order(db, konbini_pickup)
    await ship_all(db, real)
    actor = await sandbox_key(db)
    before = await _rows(db)
    for at in (NOW, NOW + DAY):
        async with db.write() as tx:
            pickup_id = await create_sandbox_pickup(tx, actor=actor, point=1, now=at)
        await report(db, pickup_id, ReportKind.ARRIVED, actor=actor, at=at)
        await report(db, pickup_id, ReportKind.COLLECTED, actor=actor, at=at)
        if at == NOW:
            after_one = await _rows(db)
    assert await forget_tests(db, now=NOW + 30 * DAY) == 0
    assert await forget_tests(db, now=NOW + 30 * DAY + timedelta(seconds=1)) == 1
    now_left = await _rows(db)
    assert {table: now_left[table] - before[table] for table in TABLES} == {
        table: after_one[table] - before[table] for table in TABLES
    }
    assert await forget_tests(db, now=NOW + 60 * DAY) == 1
    assert await _rows(db) == before
    left = await everything(db)
    assert await forget_tests(db, now=NOW + 900 * DAY) == 0
    assert await everything(db) == left
    assert SCHEDULES["forget-tests"][1] is forget_tests


async def test_those_that_somebody_is_dealing_with_wait(db: Database) -> None:
    await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db)
    for _ in range(3):
        async with db.write() as tx:
            await create_sandbox_pickup(tx, actor=actor, point=1, now=NOW)
    later = NOW + 31 * DAY
    async with db.write() as tx:
        await tx.connection.fetch("SELECT FROM orders WHERE source_system = 'sandbox' ORDER BY id LIMIT 1 FOR UPDATE")
        assert await forget_tests(db, now=later) == 2
    async with db.write() as tx:
        assert await prune_sandbox(tx, now=later, limit=10) == 1
