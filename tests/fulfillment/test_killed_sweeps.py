"""Workers that die by kill -9 in the middle of reminders, expiries and questions to points: each is done once."""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from app.kit.db import Database
from tests.conftest import broken_invariants, cloned_database
from tests.fulfillment.builders import konbini_pickup, store_pickup
from tests.fulfillment.small_batches import BATCH
from tests.fulfillment.sweeps import Sweep, Witness, connection_to, make_due
from tests.scenarios.serving import until

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REMIND: Final = Sweep(
    "fulfillment:remind-buyers", HOUR, [store_pickup, konbini_pickup] * 3, "pickups", "status = 'EXPIRING'",
    ["pickup_reports", "order_history", "outbox"],
)  # fmt: skip
EXPIRE: Final = Sweep(
    "fulfillment:expire-pickups", -3 * DAY, [store_pickup] * 6, "pickups", "status = 'EXPIRED'",
    ["pickups", "ledger", "payments", "outbox"],
)  # fmt: skip
ASK: Final = Sweep(
    "fulfillment:ask-points", -3 * DAY, [konbini_pickup] * 6, "exception_cases", "kind = 'NOT_REPORTED_IN_TIME'",
    ["exception_cases"],
)  # fmt: skip
SWEEPS: Final = [REMIND, EXPIRE, ASK]
SMALL: Final = "tests.fulfillment.small_batches"
NUMBER: Final = "SELECT pg_advisory_lock({})"
Shop = tuple[str, Witness]
_IN_PEACE: Final[dict[tuple[str, str], dict[str, dict[str, int]]]] = {}
named = pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name.partition(":")[2])


@asynccontextmanager
async def due_shop(sweep: Sweep, suffix: str, folder: Path) -> AsyncGenerator[Shop, None]:
    """Its database, in the end with all invariants, and who looks at it."""
    async with cloned_database(suffix) as dsn:
        await make_due(dsn, sweep)
        async with connection_to(dsn) as connection:
            yield dsn, Witness(connection, sweep, folder, dsn)
        db = await Database.open(dsn, read_connections=1, write_connections=1)
        broken = await broken_invariants(db)
        await db.close()
        assert broken == {}


async def sweep_in_peace(witness: Witness, module: str = "app") -> dict[str, dict[str, int]]:
    """What there is when a worker has swept and was told to stop."""
    worker = await witness.start(module)
    await until(witness.has_swept)
    assert await worker.stop() == 0, worker.output
    return await witness.summary()


async def outcome_in_peace(sweep: Sweep, worker_id: str, folder: Path, module: str) -> dict[str, dict[str, int]]:
    """What comes of such a shop when no worker dies."""
    if (sweep.name, module) not in _IN_PEACE:
        async with due_shop(sweep, f"{worker_id}_peace", folder) as (_, witness):
            _IN_PEACE[sweep.name, module] = await sweep_in_peace(witness, module)
    return _IN_PEACE[sweep.name, module]


async def kill_at(dsn: str, witness: Witness, lock: str, module: str = "app") -> None:
    """A worker begins to sweep, waits for a lock that is held here, and dies of kill -9 while it waits."""
    async with connection_to(dsn) as holder:
        await holder.execute("BEGIN")
        await holder.execute(lock)
        worker = await witness.start(module)
        await until(lambda: witness.is_waiting(holder))
        await worker.kill()
    await until(witness.is_gone)


async def check(sweep: Sweep, witness: Witness, worker_id: str, folder: Path, module: str = "app") -> None:
    """What was done by workers that died is what one would have done that did not; and nothing is left to be done."""
    after = await sweep_in_peace(witness, module)
    assert after == await outcome_in_peace(sweep, worker_id, folder, module)
    assert await witness.done() == len(sweep.places)
    assert await sweep_in_peace(witness) == after


@pytest.mark.timeout(300)
@named
async def test_before_the_commit_nothing_was_done(sweep: Sweep, worker_id: str, tmp_path: Path) -> None:
    async with due_shop(sweep, f"{worker_id}_killed", tmp_path) as (dsn, witness):
        before = await witness.written()
        for table in sweep.writes:
            await kill_at(dsn, witness, f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            assert (table, await witness.written()) == (table, before)
        await check(sweep, witness, worker_id, tmp_path)


@pytest.mark.timeout(300)
@named
async def test_a_commit_that_nobody_heard_of_counts(sweep: Sweep, worker_id: str, tmp_path: Path) -> None:
    async with due_shop(sweep, f"{worker_id}_killed", tmp_path) as (dsn, witness):
        await kill_at(dsn, witness, NUMBER.format(0))
        # The worker was dead before the lock was free, the database went on.
        assert await witness.done() == len(sweep.places)
        await check(sweep, witness, worker_id, tmp_path)


@pytest.mark.timeout(300)
@named
async def test_what_is_done_and_not_acknowledged_is_not_done_again(
    sweep: Sweep, worker_id: str, tmp_path: Path
) -> None:
    async with due_shop(sweep, f"{worker_id}_killed", tmp_path) as (dsn, witness), connection_to(dsn) as holder:
        async with connection_to(dsn) as gate:
            await gate.execute(NUMBER.format(0))
            worker = await witness.start()
            await until(lambda: witness.is_waiting(gate))
            await holder.execute("BEGIN; SELECT FROM pgqueuer_schedules FOR UPDATE")
        await until(witness.done)
        await until(lambda: witness.is_waiting(holder))
        await worker.kill()
        await holder.execute("ROLLBACK")
        await until(witness.is_gone)
        assert await witness.done() == len(sweep.places)
        await check(sweep, witness, worker_id, tmp_path)


@pytest.mark.timeout(300)
@named
async def test_killed_again_and_again_between_batches(sweep: Sweep, worker_id: str, tmp_path: Path) -> None:
    chance = random.Random(sweep.name)
    async with due_shop(sweep, f"{worker_id}_killed", tmp_path) as (dsn, witness):
        numbers = await witness.numbers()
        places = sorted(chance.sample(range(BATCH, len(numbers)), 2))
        for place in places:
            await kill_at(dsn, witness, NUMBER.format(numbers[place]), SMALL)
            # Batches that came before are done; the one in which it died is not.
            assert await witness.done() == place // BATCH * BATCH
        await check(sweep, witness, worker_id, tmp_path, SMALL)
