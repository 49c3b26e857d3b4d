"""What runs in the background: nothing is forgotten, old things go, broken invariants are told."""

import inspect
import logging
from datetime import UTC, datetime, time, timedelta

import pytest
from croniter import croniter

from app import worker
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.outbox import Position, advance_reader, read_feed
from app.kit.statement import Statement
from tests.conftest import load_rooms
from tests.kit.feed_tools import Happened, say, until


def test_every_room_of_jobs_and_invariants_is_listed() -> None:
    assert {room.__name__ for room in load_rooms("jobs")} == {room.__name__ for room in worker.JOBS.values()}
    claims = [claim for room in load_rooms("invariants") for claim in room.INVARIANTS]
    assert len(claims) == len(worker.INVARIANTS)
    assert sorted(claim.split(": ", 1)[1] for claim in worker.INVARIANTS) == sorted(claims)


def test_handlers_and_timed_jobs_have_the_shape_that_the_worker_calls() -> None:
    assert len({hearing.name for hearing in worker.HEARINGS}) == len(worker.HEARINGS)
    for hearing in worker.HEARINGS:
        inspect.signature(hearing.handler).bind(None, "key", {}, now=utc_now())
    assert len({timed.name for timed in worker.TIMETABLE}) == len(worker.TIMETABLE)
    for timed in worker.TIMETABLE:
        inspect.signature(timed.job).bind(None, now=utc_now())
        assert croniter.is_valid(timed.cron)
        assert len(timed.cron.split()) == 5


async def test_what_nobody_needs_any_more_is_pruned(db: Database) -> None:
    await say(db, Happened("a"))

    async def has_read() -> bool:
        async with db.write() as tx:
            rows = await read_feed(tx, Position(0, 0))
            if rows:
                await advance_reader(tx, "jobs", Position(rows[-1].xid, rows[-1].id))
        return bool(rows)

    await until(has_read)
    async with db.write() as tx:
        await tx.execute(
            Statement("INSERT INTO requests_now (caller, key, operation, body_hash) VALUES ('c', 'k', 'o', '')")
        )

    async def left() -> tuple[int, int]:
        async with db.read() as tx:
            facts = await tx.fetchval(Statement("SELECT count(*) FROM outbox"))
            return facts, await tx.fetchval(Statement("SELECT count(*) FROM requests"))

    await worker.prune(db, now=utc_now() + timedelta(days=2))
    assert await left() == (1, 1)
    await worker.prune(db, now=utc_now() + timedelta(days=4))
    assert await left() == (0, 1)
    async with db.read() as tx:
        began = await tx.fetchval(Statement("SELECT request_period('requests_now')"))
    for days, answers in ((29, 1), (30, 1), (59, 1), (60, 0)):
        await worker.prune(db, now=datetime.combine(began, time(), UTC) + timedelta(days=days))
        assert await left() == (0, answers)


async def test_a_broken_invariant_is_an_error_in_the_log(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "INVARIANTS", {"one is two": "SELECT 1 AS one", "all is well": "SELECT 1 WHERE false"})
    assert await worker.broken_invariants(db) == {"one is two": [{"one": 1}]}
    await worker.check_invariants(db, now=utc_now())
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "Broken invariant: one is two: [{'one': 1}]")
    ]
