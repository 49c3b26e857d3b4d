"""Background work: facts of the outbox become jobs of pgqueuer, which runs them with retries; a timetable.

The dispatcher enqueues in the transaction that moves its cursor, so each fact gives each handler exactly one
job, however often processes die. A job may still run twice (its process died after the work and before saying
so), so handlers are idempotent. A job that failed MAX_ATTEMPTS times stays in the table `pgqueuer` with the
status `failed` and its last traceback in `pgqueuer_log`, until somebody runs it again or deletes it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol

import asyncpg
import orjson
from pgqueuer import PgQueuer
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.domain.models import Job, Schedule

from app.kit.clock import utc_now
from app.kit.db import Database, WriteTx, is_database
from app.kit.outbox import adopt_restored_outbox, advance_reader, read_topics, reader_position, unfold
from app.kit.roles import role_settings

log = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[None]]
"""`async def handler(db, event_key, payload, *, now)`: idempotent, opens its own transactions."""
TimedJob = Callable[..., Awaitable[Any]]
"""`async def job(db, *, now)`."""

READER: Final = "jobs"
MAX_ATTEMPTS: Final = 8
_BATCH: Final = 500
_POLL_S: Final = 1.0
_RECONNECT_S: Final = (0.1, 5.0)
_FIRST_DELAY: Final = timedelta(seconds=0.5)
_LONGEST_DELAY: Final = timedelta(minutes=5)
# A process that died is noticed after this long, and its jobs are run by another.
HEARTBEAT: Final = timedelta(seconds=20)
_CONCURRENT_JOBS: Final = 16
_SERVER_SETTINGS: Final = {"application_name": "hikiate-jobs", "timezone": "UTC"}
_ENQUEUE: Final = QueryQueueBuilder().build_enqueue_query()


@dataclass(frozen=True, slots=True)
class Hearing:
    """One handler of one topic. name: is stored with the jobs, so it stays, as `fulfillment:order_placed`."""

    name: str
    topic: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Timed:
    """A job with a timetable. cron: five fields, UTC; one process of all runs it at a time."""

    name: str
    cron: str
    job: TimedJob


@dataclass(frozen=True, slots=True)
class Beat:
    """A job of every worker process that runs more often than a timetable can say.

    every_s: seconds from one beginning to the next. A process begins none before its last one has ended, and what it
    missed meanwhile is left out, so that none pile up. Several processes run it at once.
    """

    name: str
    every_s: float
    job: TimedJob


class Loop(Protocol):
    """What a worker process does besides jobs, all the time, step by step."""

    async def step(self) -> Any:
        """Do what is to be done now."""
        ...

    async def rest(self) -> None:
        """Until there may be something to do, a second at most."""
        ...

    def wake(self) -> None:
        """There are new facts, or the end has come: rest no more."""
        ...

    async def finish(self) -> None:
        """Wait for what is under way."""
        ...

    async def close(self) -> None:
        """Break off what is under way."""
        ...


async def dispatch(db: Database, hearings: Sequence[Hearing]) -> int:
    """Turn the next facts into jobs; returns how many facts were read: 0 when none is left for now."""
    by_topic: dict[str, list[str]] = {}
    for hearing in hearings:
        by_topic.setdefault(hearing.topic, []).append(hearing.name)

    async def work(tx: WriteTx) -> int:
        position = await reader_position(tx, READER)
        rows, reached, count = await read_topics(tx, position, list(by_topic), limit=_BATCH, most=_BATCH)
        if not count:
            return 0
        names: list[str] = []
        payloads: list[bytes] = []
        for row in rows:
            for position, key, payload in unfold(row):
                for name in by_topic.get(row["topic"], ()):
                    names.append(name)
                    payloads.append(orjson.dumps({"event_id": position.id, "key": key, "payload": payload}))
        await _enqueue(tx, names, payloads)
        await advance_reader(tx, READER, reached)
        return count

    return await db.in_write(work)


async def _enqueue(tx: WriteTx, names: list[str], payloads: list[bytes]) -> None:
    if names:
        count = len(names)
        at_once, nothing = [timedelta(0)] * count, [None] * count
        await tx.connection.execute(_ENQUEUE, [0] * count, names, payloads, at_once, nothing, nothing)


class Worker:
    """Dispatches facts and runs jobs until told to stop; outlives a database that goes away and comes back."""

    def __init__(
        self,
        db: Database,
        hearings: Sequence[Hearing],
        timetable: Sequence[Timed],
        beats: Sequence[Beat] = (),
        loops: Sequence[Loop] = (),
    ) -> None:
        self._db = db
        self._hearings = hearings
        self._timetable = timetable
        self._beats = beats
        self._loops = loops
        self._woken = asyncio.Event()
        self._running: PgQueuer | None = None
        self.stopped = asyncio.Event()
        """Set by `stop`."""

    def wake(self) -> None:
        """There are new facts."""
        self._woken.set()
        for loop in self._loops:
            loop.wake()

    def stop(self) -> None:
        """Finish the jobs under way and return from `run`."""
        self.stopped.set()
        self.wake()
        if self._running is not None:
            self._running.shutdown.set()

    async def run(self) -> None:
        """Work until `stop`."""
        tasks = [asyncio.create_task(self._dispatch_all()), asyncio.create_task(self._run_jobs())]
        tasks += [asyncio.create_task(self._run_beat(beat)) for beat in self._beats]
        tasks += [asyncio.create_task(self._run_loop(loop)) for loop in self._loops]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _dispatch_all(self) -> None:
        is_adopted = False

        async def work() -> None:
            nonlocal is_adopted
            if not is_adopted and await self._db.in_write(adopt_restored_outbox):
                log.warning("The database comes from a dump: facts that were pending are handled now, maybe again.")
            is_adopted = True
            self._woken.clear()
            while not self.stopped.is_set() and await dispatch(self._db, self._hearings):
                pass
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._woken.wait()

        await self._again_and_again(work)

    async def _run_jobs(self) -> None:
        async def work() -> None:
            # Not from the pools: pgqueuer listens on it, and wants JSON as text.
            connection = await asyncpg.connect(
                self._db.dsn, server_settings={**_SERVER_SETTINGS, **role_settings(self._db.role)}
            )
            try:
                self._running = make_queue(connection, self._db, self._hearings, self._timetable)
                if self.stopped.is_set():
                    return
                await self._running.run(
                    dequeue_timeout=timedelta(seconds=5),
                    batch_size=_CONCURRENT_JOBS // 2,
                    max_concurrent_tasks=_CONCURRENT_JOBS,
                    heartbeat_timeout=HEARTBEAT,
                    shutdown_on_listener_failure=True,
                )
            finally:
                self._running = None
                await connection.close(timeout=2)

        await self._again_and_again(work)

    async def _run_beat(self, beat: Beat) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock() - beat.every_s

        async def work() -> None:
            nonlocal begun
            with suppress(TimeoutError):
                async with asyncio.timeout(begun + beat.every_s - clock()):
                    await self.stopped.wait()
                    return
            begun = clock()
            await beat.job(self._db, now=utc_now())

        await self._again_and_again(work)

    async def _run_loop(self, loop: Loop) -> None:
        async def work() -> None:
            await loop.step()
            await loop.rest()

        try:
            await self._again_and_again(work)
            await loop.finish()
        finally:
            await loop.close()

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        delay = _RECONNECT_S[0]
        while not self.stopped.is_set():
            try:
                await work()
                delay = _RECONNECT_S[0]
            except Exception as error:  # jobs would wait for ever
                is_expected = is_database(error) or isinstance(error, FailingListenerError)
                reason = str(error) or type(error).__name__
                log.warning("The worker lost the database and tries again: %s", reason, exc_info=not is_expected)
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self.stopped.wait()
                delay = min(delay * 2, _RECONNECT_S[1])


def make_queue(connection: Any, db: Database, hearings: Sequence[Hearing], timetable: Sequence[Timed]) -> PgQueuer:
    """A pgqueuer that knows all handlers and the timetable. connection: asyncpg's, used by nobody else."""
    queue = PgQueuer.from_asyncpg_connection(connection)
    executor = partial(
        DatabaseRetryEntrypointExecutor,
        max_attempts=MAX_ATTEMPTS - 1,
        initial_delay=_FIRST_DELAY,
        max_delay=_LONGEST_DELAY,
    )
    for hearing in hearings:
        queue.entrypoint(hearing.name, on_failure="hold", executor_factory=executor)(_job_of(db, hearing))
    for timed in timetable:
        queue.schedule(timed.name, timed.cron, clean_old=True)(_schedule_of(db, timed))
    return queue


def _job_of(db: Database, hearing: Hearing) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        arguments = orjson.loads(job.payload or b"{}")
        await hearing.handler(db, arguments["key"], arguments["payload"], now=utc_now())

    return run


def _schedule_of(db: Database, timed: Timed) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_schedule: Schedule) -> None:
        await timed.job(db, now=utc_now())

    return run
