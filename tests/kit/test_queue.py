"""Jobs: one per fact and handler, retried, dead letters kept, whatever crashes in between."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import pytest

from app.kit import queue as queue_module
from app.kit.clock import utc_now
from app.kit.db import Database, WriteTx
from app.kit.ended_jobs import failed_jobs, prune_jobs, retry_failed_jobs
from app.kit.outbox import adopt_restored_outbox, publish
from app.kit.queue import Hearing, Timed, Worker, dispatch
from tests.conftest import AS_OWNER
from tests.kit.feed_tools import PATIENCE_S, Happened, running_feed, say, until


@pytest.fixture
async def queue(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Database, None]:
    """A database whose queue is empty before and after, and retries that do not wait."""
    monkeypatch.setattr(queue_module, "_FIRST_DELAY", timedelta(0))
    monkeypatch.setattr(queue_module, "HEARTBEAT", timedelta(seconds=1))
    yield db
    async with db.write() as tx:
        await tx.connection.execute(
            "DELETE FROM pgqueuer; DELETE FROM pgqueuer_log;"
            " DELETE FROM pgqueuer_schedules; DELETE FROM pgqueuer_statistics"
        )


@contextlib.asynccontextmanager
async def working(
    db: Database, hearings: list[Hearing], timetable: list[Timed] | None = None
) -> AsyncGenerator[Worker, None]:
    worker = Worker(db, hearings, timetable or [])
    async with running_feed(db) as feed:
        feed.after_read.append(worker.wake)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            async with asyncio.timeout(PATIENCE_S):
                await task


class Recorder:
    """A handler that remembers its calls and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures = failures

    async def __call__(self, db: Database, key: str, payload: dict[str, Any], *, now: Any) -> None:
        assert db.dsn
        self.calls.append((key, payload))
        assert (utc_now() - now) < timedelta(seconds=PATIENCE_S)
        if len(self.calls) <= self.failures:
            message = f"failure {len(self.calls)}"
            raise ValueError(message)

    def has(self, count: int) -> Callable[[], Any]:
        async def check() -> bool:
            return len(self.calls) >= count

        return check


async def jobs(db: Database) -> list[tuple[str, str]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT entrypoint, status::text AS status FROM pgqueuer ORDER BY id")
    return [(row["entrypoint"], row["status"]) for row in rows]


async def dispatched(db: Database, hearings: list[Hearing]) -> None:
    """Dispatch the facts that there are; another test process on this server may hold the horizon back for a while."""

    async def has_read() -> bool:
        return await dispatch(db, hearings) > 0

    await until(has_read)


async def _is_empty(db: Database) -> bool:
    return await jobs(db) == []


async def test_each_fact_gives_each_handler_of_its_topic_one_job(queue: Database) -> None:
    hearings = [
        Hearing("one:happened", "happened", Recorder()),
        Hearing("two:happened", "happened", Recorder()),
        Hearing("two:other", "other", Recorder()),
    ]
    await say(queue, Happened("a"), Happened("b"))
    await dispatched(queue, hearings)
    assert sorted(await jobs(queue)) == sorted([("one:happened", "queued"), ("two:happened", "queued")] * 2)
    assert await dispatch(queue, hearings) == 0
    assert len(await jobs(queue)) == 4


async def test_each_of_many_facts_in_a_row_gives_a_job_of_its_own(queue: Database) -> None:
    hearings = [Hearing("one:happened", "happened", Recorder())]
    await say(queue, *(Happened(f"n{number}", number) for number in range(120)))
    await dispatched(queue, hearings)
    async with queue.read() as tx:
        given = [json.loads(row["payload"]) for row in await tx.connection.fetch("SELECT payload FROM pgqueuer")]
    assert len({one["event_id"] for one in given}) == 120
    assert sorted((one["payload"]["number"], one["key"], one["payload"]["name"]) for one in given) == [
        (number, f"n{number}", f"n{number}") for number in range(120)
    ]


async def test_dispatchers_at_once_enqueue_once(queue: Database) -> None:
    hearings = [Hearing("one:happened", "happened", Recorder())]
    await say(queue, *(Happened(str(number)) for number in range(30)))

    async def all_read() -> bool:
        await asyncio.gather(*(dispatch(queue, hearings) for _ in range(6)))
        return len(await jobs(queue)) >= 30

    await until(all_read)
    assert await jobs(queue) == [("one:happened", "queued")] * 30


async def test_a_dispatch_that_breaks_off_moves_neither_cursor_nor_jobs(
    queue: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hearings = [Hearing("one:happened", "happened", Recorder())]
    await say(queue, Happened("a"))
    with monkeypatch.context() as patch:

        async def dies(*_: object) -> None:
            raise RuntimeError

        patch.setattr(queue_module, "advance_reader", dies)
        with pytest.raises(RuntimeError):
            await dispatched(queue, hearings)
    assert await jobs(queue) == []
    await dispatched(queue, hearings)
    assert await jobs(queue) == [("one:happened", "queued")]


async def test_a_worker_runs_the_jobs_with_key_and_payload(queue: Database) -> None:
    recorder = Recorder()
    async with working(queue, [Hearing("one:happened", "happened", recorder)]):
        await say(queue, Happened("a", 1))
        await until(recorder.has(1))
        await say(queue, Happened("b", 2))
        await until(recorder.has(2))
    assert recorder.calls == [("a", {"name": "a", "number": 1}), ("b", {"name": "b", "number": 2})]
    assert await jobs(queue) == []


async def test_a_failing_job_is_tried_again(queue: Database) -> None:
    recorder = Recorder(failures=2)
    async with working(queue, [Hearing("one:happened", "happened", recorder)]):
        await say(queue, Happened("a"))
        await until(recorder.has(3))
    assert len(recorder.calls) == 3
    assert await jobs(queue) == []
    assert await failed_jobs(queue) == []


async def test_a_job_that_never_succeeds_becomes_a_dead_letter_and_can_be_revived(
    queue: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "MAX_ATTEMPTS", 3)
    recorder = Recorder(failures=3)
    hearings = [Hearing("one:happened", "happened", recorder)]

    async def is_dead() -> bool:
        return bool(await failed_jobs(queue))

    async with working(queue, hearings):
        await say(queue, Happened("a", 7))
        await until(is_dead)
        assert len(recorder.calls) == 3
        [dead] = await failed_jobs(queue)
        assert (dead.name, dead.attempts) == ("one:happened", 3)
        assert (dead.arguments["key"], dead.arguments["payload"]) == ("a", {"name": "a", "number": 7})
        assert await retry_failed_jobs(queue) == 1
        await until(recorder.has(4))
    assert await failed_jobs(queue) == []
    assert await jobs(queue) == []


async def test_a_job_of_a_process_that_died_is_run_by_another(queue: Database) -> None:
    """What a kill leaves behind: a picked job whose heartbeat stopped."""
    recorder = Recorder()
    hearings = [Hearing("one:happened", "happened", recorder)]
    await say(queue, Happened("a"))
    await dispatched(queue, hearings)
    async with queue.write() as tx:
        await tx.connection.execute(
            "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
            " heartbeat = now() - interval '1 minute'"
        )
    async with working(queue, hearings):
        await until(recorder.has(1))
    assert recorder.calls == [("a", {"name": "a", "number": 0})]
    assert await jobs(queue) == []


async def test_a_worker_goes_on_after_losing_all_its_connections(queue: Database) -> None:
    own = await Database.open(queue.dsn, read_connections=2, write_connections=2)
    recorder = Recorder()
    async with working(own, [Hearing("one:happened", "happened", recorder)]):
        await say(own, Happened("a"))
        await until(recorder.has(1))
        await until(lambda: _is_empty(queue))  # else "a" would rightly run again
        async with queue.write() as tx:
            await tx.connection.execute(AS_OWNER)
            await tx.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'hikiate-jobs'"
            )
        await say(queue, Happened("b"))
        await until(recorder.has(2))
    await own.close()
    assert [key for key, _ in recorder.calls] == ["a", "b"]


async def test_two_workers_share_the_jobs(queue: Database) -> None:
    recorder = Recorder()
    hearings = [Hearing("one:happened", "happened", recorder)]
    async with working(queue, hearings), working(queue, hearings):
        await say(queue, *(Happened(str(number), number) for number in range(40)))
        await until(recorder.has(40))
    assert sorted(payload["number"] for _, payload in recorder.calls) == list(range(40))


async def test_the_timetable_runs_a_job(queue: Database) -> None:
    ran = asyncio.Event()

    async def job(db: Database, *, now: Any) -> None:
        assert db is queue
        ran.set()

    async with working(queue, [], [Timed("tick", "* * * * * *", job)]), asyncio.timeout(PATIENCE_S):
        await ran.wait()


async def test_the_log_of_jobs_is_pruned(queue: Database) -> None:
    async def log_size() -> int:
        async with queue.read() as tx:
            return await tx.connection.fetchval("SELECT count(*) FROM pgqueuer_log")

    async with queue.write() as tx:
        await tx.connection.execute(
            "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint, aggregated) VALUES"
            " (now() - interval '9 days', 1, 'successful', 0, 'x', true), (now(), 2, 'successful', 0, 'x', true)"
        )
    await prune_jobs(queue, before=utc_now() - timedelta(days=7))
    assert await log_size() == 1


async def test_a_database_restored_from_a_dump_of_a_busier_server(queue: Database) -> None:
    """Its facts and cursors carry transaction ids that this server will reach much later."""
    recorder = Recorder()
    async with queue.write() as tx:
        await tx.connection.execute(
            "INSERT INTO outbox (xid, topic, key, payload) VALUES"
            " (9000000000, 'happened', 'done', '{}'), (9000000005, 'happened', 'pending', '{}')"
        )
        await tx.connection.execute(
            "INSERT INTO feed_cursors (reader, xid, id) SELECT 'jobs', xid, id FROM outbox WHERE key = 'done'"
        )
    async with working(queue, [Hearing("one:happened", "happened", recorder)]):
        await until(recorder.has(1))
        await say(queue, Happened("new"))
        await until(recorder.has(2))
    assert [key for key, _ in recorder.calls] == ["pending", "new"]
    async with queue.write() as tx:
        assert not await adopt_restored_outbox(tx)


async def test_events_of_rolled_back_transactions_give_no_jobs(queue: Database) -> None:
    async def fails(tx: WriteTx) -> None:
        await publish(tx, Happened("a"))
        raise LookupError

    with pytest.raises(LookupError):
        await queue.in_write(fails)
    await say(queue, Happened("b"))
    hearings = [Hearing("one:happened", "happened", Recorder())]
    await dispatched(queue, hearings)
    assert await jobs(queue) == [("one:happened", "queued")]
