"""The background half: which slices listen to which facts, what runs when, and what must always hold."""

import importlib
import logging
import pkgutil
from datetime import datetime, timedelta
from typing import Any, Final

import app
from app.kit.db import Database
from app.kit.idempotency import prune_requests
from app.kit.outbox import prune_outbox
from app.kit.queue import Hearing, Timed, prune_jobs

log = logging.getLogger(__name__)

# How long facts are kept after every named reader has passed them, so that a reader may rewind.
KEEP_FACTS: Final = timedelta(days=3)
# How long an idempotency key protects against a repetition.
KEEP_REQUESTS: Final = timedelta(days=14)
KEEP_JOB_LOG: Final = timedelta(days=7)
_PRUNE_BATCH: Final = 10_000


def _rooms(room: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for package in pkgutil.iter_modules(app.__path__):
        name = f"app.{package.name}.{room}"
        if not package.ispkg:
            continue
        try:
            found[package.name] = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    return found


JOBS: Final = _rooms("jobs")
INVARIANTS: Final[dict[str, str]] = {
    f"{name}: {claim}": query
    for name, room in _rooms("invariants").items()
    for claim, query in room.INVARIANTS.items()
}

HEARINGS: Final = [
    Hearing(f"{name}:{topic}", topic, handler)
    for name, room in JOBS.items()
    for topic, handler in getattr(room, "HANDLERS", {}).items()
]


async def broken_invariants(db: Database, *, limit: int = 5) -> dict[str, list[dict[str, Any]]]:
    """Claim -> the first rows that contradict it; empty when all is well."""
    broken: dict[str, list[dict[str, Any]]] = {}
    for claim, query in INVARIANTS.items():
        async with db.read_snapshot() as tx:
            rows = await tx.connection.fetch(query)
        if rows:
            broken[claim] = [dict(row) for row in rows[:limit]]
    return broken


async def check_invariants(db: Database, *, now: datetime) -> None:
    """Log every broken invariant as an error."""
    del now
    for claim, rows in (await broken_invariants(db)).items():
        log.error("Broken invariant: %s: %s", claim, rows)


async def prune(db: Database, *, now: datetime) -> None:
    """Delete what nobody reads any more: old facts, answers to old keys, the log of ended jobs."""
    deleted = _PRUNE_BATCH
    while deleted == _PRUNE_BATCH:
        deleted = await db.in_write(lambda tx: prune_outbox(tx, before=now - KEEP_FACTS, limit=_PRUNE_BATCH))
    await db.in_write(lambda tx: prune_requests(tx, before=now - KEEP_REQUESTS))
    await prune_jobs(db, before=now - KEEP_JOB_LOG)


TIMETABLE: Final = [
    Timed("prune", "17 * * * *", prune),
    Timed("check-invariants", "47 * * * *", check_invariants),
    *(
        Timed(f"{name}:{job_name}", cron, job)
        for name, room in JOBS.items()
        for job_name, (cron, job) in getattr(room, "SCHEDULES", {}).items()
    ),
]
