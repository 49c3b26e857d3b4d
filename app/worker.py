"""The background half: which slices listen to which facts, what runs when, and what must always hold.

A new room of a slice is added to its list here; a test finds what is forgotten.
"""

import logging
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final

import asyncpg

from app.carts import invariants as carts_invariants
from app.carts import jobs as carts_jobs
from app.catalog import invariants as catalog_invariants
from app.channels import invariants as channels_invariants
from app.checkout import invariants as checkout_invariants
from app.checkout import jobs as checkout_jobs
from app.fulfillment import invariants as fulfillment_invariants
from app.fulfillment import jobs as fulfillment_jobs
from app.inventory import invariants as inventory_invariants
from app.inventory import jobs as inventory_jobs
from app.kit.checks import keep_checks
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.idempotency import begin_request_period
from app.kit.outbox import prune_outbox
from app.kit.queue import Beat, Hearing, Timed, prune_jobs
from app.locations import invariants as locations_invariants
from app.orders import invariants as orders_invariants
from app.payments import invariants as payments_invariants

log = logging.getLogger(__name__)

# How long facts are kept after every named reader has passed them, so that a reader may rewind.
KEEP_FACTS: Final = timedelta(days=3)
# How long an idempotency key protects against a repetition at least; at most it is twice as long.
KEEP_REQUESTS_DAYS: Final = 30
# The demo shop's steps are keys: forgetting them would load it a second time.
KEEP_CALLERS: Final = ("demo",)
KEEP_JOB_LOG: Final = timedelta(days=7)
_PRUNE_BATCH: Final = 10_000


JOBS: Final[dict[str, ModuleType]] = {
    "carts": carts_jobs,
    "checkout": checkout_jobs,
    "fulfillment": fulfillment_jobs,
    "inventory": inventory_jobs,
}
_INVARIANTS: Final[dict[str, dict[str, str]]] = {
    "catalog": catalog_invariants.INVARIANTS,
    "carts": carts_invariants.INVARIANTS,
    "channels": channels_invariants.INVARIANTS,
    "checkout": checkout_invariants.INVARIANTS,
    "fulfillment": fulfillment_invariants.INVARIANTS,
    "inventory": inventory_invariants.INVARIANTS,
    "locations": locations_invariants.INVARIANTS,
    "orders": orders_invariants.INVARIANTS,
    "payments": payments_invariants.INVARIANTS,
}
INVARIANTS: Final[dict[str, str]] = {
    f"{name}: {claim}": query for name, claims in _INVARIANTS.items() for claim, query in claims.items()
}

HEARINGS: Final = [
    Hearing(f"{name}:{topic}", topic, handler)
    for name, room in JOBS.items()
    for topic, handler in room.HANDLERS.items()
]


async def broken_invariants(db: Database, *, limit: int = 5) -> dict[str, list[dict[str, Any]]]:
    """Claim -> the first rows that contradict it; empty when all is well. How many there are is kept for `/metrics`."""
    broken: dict[str, list[dict[str, Any]]] = {}
    counts: dict[str, int] = {}
    for claim, query in INVARIANTS.items():
        async with db.read_snapshot() as tx:
            await tx.connection.execute("SET LOCAL statement_timeout = '30min'")  # they read whole tables
            rows = await tx.connection.fetch(query)
        counts[claim] = len(rows)
        if rows:
            broken[claim] = [dict(row) for row in rows[:limit]]
    await db.in_write(lambda tx: keep_checks(tx, counts, now=utc_now()))
    return broken


async def check_invariants(db: Database, *, now: datetime) -> None:
    """Log every broken invariant as an error."""
    del now
    for claim, rows in (await broken_invariants(db)).items():
        log.error("Broken invariant: %s: %s", claim, rows)


async def prune(db: Database, *, now: datetime) -> None:
    """Delete what nobody reads any more: old facts, the log of ended jobs, answers to old keys."""
    deleted = _PRUNE_BATCH
    while deleted == _PRUNE_BATCH:
        deleted = await db.in_write(lambda tx: prune_outbox(tx, before=now - KEEP_FACTS, limit=_PRUNE_BATCH))
    await prune_jobs(db, before=now - KEEP_JOB_LOG)
    try:
        await db.in_write(
            lambda tx: begin_request_period(
                tx, today=now.date(), least_days=KEEP_REQUESTS_DAYS, keep_callers=KEEP_CALLERS
            )
        )
    except asyncpg.LockNotAvailableError:
        log.warning("Answers to idempotency keys are in use all the time: old ones are dropped within the next hours.")


TIMETABLE: Final = [
    Timed("prune", "17 * * * *", prune),
    Timed("check-invariants", "47 * * * *", check_invariants),
    *(
        Timed(f"{name}:{job_name}", cron, job)
        for name, room in JOBS.items()
        for job_name, (cron, job) in room.SCHEDULES.items()
    ),
]
BEATS: Final = [
    Beat(f"{name}:{job_name}", every_s, job)
    for name, room in JOBS.items()
    for job_name, (every_s, job) in getattr(room, "BEATS", {}).items()
]
