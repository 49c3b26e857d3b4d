"""Sweeps in worker processes that die: a shop with something due, the moments to die at, and what came of it all."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.model.reports import ReportKind
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.outbox import Position, advance_reader
from tests.conftest import NOW
from tests.fulfillment.builders import make_order, make_shop, store_pickup
from tests.fulfillment.views import make_ready, pickup_of, report, ship_all
from tests.notifications.receiver import make_endpoint
from tests.scenarios.serving import SECRET_KEY, Program

# What is in every table that a sweep writes to or that somebody writes to who hears of it; no instants and no ids.
_TABLES: Final = {
    "pickups": "number, status, version, expired_at IS NULL",
    "pickup_reports": "kind",
    "order_history": "dense_rank() OVER (ORDER BY order_id), kind",
    "orders": "number, status, payment_status, fulfillment_status, version",
    "order_lines": "quantity, fulfilled_quantity, canceled_quantity, short_quantity",
    "payments": "method, status, amount_minor, captured_minor",
    "fulfillments": "kind, status, version",
    "work_instructions": "kind, status, version",
    "stock": "variant_id, location_id, on_hand, reserved, allocated, version",
    "ledger": "variant_id, location_id, kind, d_on_hand, d_reserved, d_allocated",
    "holds": "state, quantity",
    "exception_cases": "kind, status, dense_rank() OVER (ORDER BY subject_id)",
    "outbox": "topic, dense_rank() OVER (PARTITION BY topic ORDER BY key), payload ->> 'status', payload ->> 'version'",
    "webhook_deliveries": "type, dense_rank() OVER (PARTITION BY type ORDER BY key)",
}
# The sweep runs when a worker starts, and no other job of the timetable does.
_AT_ONCE: Final = """
    CREATE FUNCTION run_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      NEW.next_run := now() + CASE WHEN NEW.entrypoint = '{}' THEN interval '-1 second' ELSE interval '1 day' END;
      RETURN NEW;
    END $$;
    CREATE TRIGGER run_at_once BEFORE INSERT ON pgqueuer_schedules FOR EACH ROW EXECUTE FUNCTION run_at_once();
"""
# Whoever writes of a pickup waits here for who holds the lock of its number; at the end everybody for that of 0.
_GATES: Final = """
    CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_xact_lock_shared(
        right(coalesce(to_jsonb(NEW) ->> 'number', to_jsonb(NEW) -> 'facts' ->> 'pickup'), 8)::bigint);
      RETURN NEW;
    END $$;
    CREATE FUNCTION wait_at_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_xact_lock_shared(0);
      RETURN NULL;
    END $$;
    CREATE TRIGGER wait_here BEFORE INSERT OR UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION wait_here();
    CREATE CONSTRAINT TRIGGER wait_at_end AFTER INSERT OR UPDATE ON {0}
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_end();
"""
_SHIFT: Final = """
    SET session_replication_role = replica;
    CREATE TEMPORARY TABLE shift AS
      SELECT id, timestamptz '{}' + row_number() OVER (ORDER BY id) * interval '1 second' - hold_until AS by
        FROM pickups;
    UPDATE pickup_reports SET occurred_at = occurred_at + shift.by, hold_until = hold_until + shift.by
      FROM shift WHERE pickup_id = shift.id;
    UPDATE pickups SET ready_at = ready_at + shift.by, arrived_at = arrived_at + shift.by,
      hold_until = hold_until + shift.by FROM shift WHERE pickups.id = shift.id;
"""
_IS_WAITING: Final = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE application_name LIKE 'hikiate%' AND $1 = ANY(pg_blocking_pids(pid)))
"""
_ALIVE: Final = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'hikiate%'
"""


@dataclass(frozen=True)
class Sweep:
    """A job of the timetable.

    left: how much longer goods are kept, or not any more; places: where they are; table, done: where the sweep writes
    first, and which rows of it are done; writes: tables in the middle of its transaction.
    """

    name: str
    left: timedelta
    places: Sequence[Any]
    table: str
    done: str
    writes: Sequence[str]


async def make_due(dsn: str, sweep: Sweep) -> None:
    """A shop with a pickup that is due at each of the sweep's places, one after another, and an endpoint that hears."""
    db = await Database.open(dsn, read_connections=2, write_connections=4)
    given = {"now": utc_now(), "installation_key": SECRET_KEY.encode()}
    await make_endpoint(db, "http://127.0.0.1:9/", "*", **given)
    async with db.write() as tx:
        shop = await make_shop(tx)
    for number, place in enumerate(sweep.places):
        async with db.write() as tx:
            order_id = await make_order(tx, shop, place(shop), payment=("CARD", "PAY_AT_PICKUP")[number % 2])
            await plan_work(tx, order_id, now=NOW)
        if place is store_pickup:
            await make_ready(db, order_id)
        else:
            await ship_all(db, order_id)
            await report(db, (await pickup_of(db, order_id)).id, ReportKind.ARRIVED, actor=shop.partner)
    async with db.write() as tx:
        # What hears of all this would lock orders, and a sweep leaves alone what somebody else has locked.
        row = await tx.connection.fetchrow("SELECT xid, id FROM outbox ORDER BY xid DESC, id DESC LIMIT 1")
        await advance_reader(tx, "jobs", Position(row["xid"], row["id"]))
    await db.close()
    async with connection_to(dsn) as connection:
        await connection.execute(_SHIFT.format((utc_now() + sweep.left).isoformat()))
        await connection.execute(_AT_ONCE.format(sweep.name) + _GATES.format(sweep.table))


@asynccontextmanager
async def connection_to(dsn: str) -> AsyncGenerator[Any, None]:
    """The test's own, whose locks end with it."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


class Witness:
    """Looks at a shop and its worker from outside."""

    def __init__(self, connection: Any, sweep: Sweep, folder: Path, dsn: str) -> None:
        self._connection = connection
        self._sweep = sweep
        self._folder = folder
        self._dsn = dsn

    async def start(self, module: str = "app") -> Program:
        """A worker, which begins with the sweep."""
        await self._connection.execute("DELETE FROM pgqueuer_schedules")
        return Program("worker", dsn=self._dsn, folder=self._folder, module=module)

    async def numbers(self) -> list[int]:
        """The locks of the pickups, in the order in which they are due."""
        rows = await self._connection.fetch("SELECT number FROM pickups ORDER BY hold_until")
        return [int(row["number"][-8:]) for row in rows]

    async def done(self) -> int:
        """How many pickups the sweep has done, for good."""
        return await self._connection.fetchval(f"SELECT count(*) FROM {self._sweep.table} WHERE {self._sweep.done}")

    async def is_waiting(self, holder: Any) -> bool:
        """Whether the worker waits for a lock of this connection."""
        return await self._connection.fetchval(_IS_WAITING, holder.get_server_pid())

    async def is_gone(self) -> bool:
        """Whether nothing of the worker is left in the database: a statement that waits outlives its process."""
        return not await self._connection.fetchval(_ALIVE)

    async def has_swept(self) -> bool:
        """Whether the worker has said that the sweep is over, and everybody has heard of what came of it."""
        return await self._connection.fetchval(
            """
            SELECT EXISTS (SELECT FROM pgqueuer_schedules
                            WHERE entrypoint = $1 AND status = 'queued' AND last_run IS NOT NULL)
               AND NOT EXISTS (SELECT FROM pgqueuer)
               AND NOT EXISTS (SELECT FROM outbox WHERE (xid, id) > (
                     SELECT xid, id FROM feed_cursors ORDER BY xid, id LIMIT 1))
            """,
            self._sweep.name,
        )

    async def summary(self) -> dict[str, dict[str, int]]:
        """How often each row is there, of each table, without what differs between shops that were made alike."""
        return {
            table: dict(
                await self._connection.fetch(
                    f"SELECT CAST(seen AS text), count(*) FROM (SELECT {columns} FROM {table}) AS seen GROUP BY seen"
                )
            )
            for table, columns in _TABLES.items()
        }

    async def written(self) -> dict[str, dict[str, int]]:
        """The same without what is on its way to those who hear of it, which goes on while the sweep waits."""
        return {table: rows for table, rows in (await self.summary()).items() if table != "webhook_deliveries"}
