"""The background half: which slices listen to which facts, what runs when, and what must always hold.

A new room of a slice is added to its list here; a test finds what is forgotten.
"""

import logging
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final

import asyncpg

from app.capacity import invariants as capacity_invariants
from app.capacity import jobs as capacity_jobs
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
from app.inventory.actions.audit_changes import audit_changes
from app.inventory.actions.compare_stock import compare_stock
from app.inventory.actions.name_stock import name_stock
from app.kit.checks import keep_checks
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.ended_jobs import prune_jobs
from app.kit.idempotency import begin_request_period
from app.kit.outbox import prune_outbox
from app.kit.queue import Beat, Hearing, Timed, Worker
from app.locations import invariants as locations_invariants
from app.notifications import invariants as notifications_invariants
from app.notifications import jobs as notifications_jobs
from app.notifications.jobs.postman import Postman
from app.notifications.jobs.sending import Sender
from app.orders import invariants as orders_invariants
from app.partners import invariants as partners_invariants
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
    "capacity": capacity_jobs,
    "carts": carts_jobs,
    "checkout": checkout_jobs,
    "fulfillment": fulfillment_jobs,
    "inventory": inventory_jobs,
    "notifications": notifications_jobs,
}
_INVARIANTS: Final[dict[str, dict[str, str]]] = {
    "capacity": capacity_invariants.INVARIANTS,
    "catalog": catalog_invariants.INVARIANTS,
    "carts": carts_invariants.INVARIANTS,
    "channels": channels_invariants.INVARIANTS,
    "checkout": checkout_invariants.INVARIANTS,
    "fulfillment": fulfillment_invariants.INVARIANTS,
    "inventory": inventory_invariants.INVARIANTS,
    "locations": locations_invariants.INVARIANTS,
    "notifications": notifications_invariants.INVARIANTS,
    "orders": orders_invariants.INVARIANTS,
    "partners": partners_invariants.INVARIANTS,
    "payments": payments_invariants.INVARIANTS,
}
INVARIANTS: Final[dict[str, str]] = {
    f"{name}: {claim}": query for name, claims in _INVARIANTS.items() for claim, query in claims.items()
}
_AUDITED: Final = {f"inventory: {claim}": flag for claim, flag in inventory_invariants.AUDITED.items()}
_OF_ALL_HISTORY: Final = {f"inventory: {claim}" for claim in inventory_invariants.OF_ALL_HISTORY}

HEARINGS: Final = [
    Hearing(f"{name}:{topic}", topic, handler)
    for name, room in JOBS.items()
    for topic, handler in room.HANDLERS.items()
]


async def broken_invariants(db: Database, *, limit: int = 5) -> dict[str, list[dict[str, Any]]]:
    """Claim -> the first rows that contradict it, with SKUs and codes of locations; empty when all is well.

    How many there are is kept for `/metrics`, and which counters differ for whoever repairs them.
    """
    found = await _ask(db, INVARIANTS)
    drifted = {(row["variant_id"], row["location_id"]) for claim in _AUDITED for row in found.get(claim, ())}
    now = utc_now()
    await db.in_write(lambda tx: compare_stock(tx, drifted, now=now))
    return await _keep(db, found, limit)


async def broken_by_changes(db: Database, *, now: datetime, limit: int = 5) -> dict[str, list[dict[str, Any]]]:
    """The same without reading all of the ledger: of counters and their history only what moved since the last time."""
    found = await _ask(db, {claim: query for claim, query in INVARIANTS.items() if claim not in _OF_ALL_HISTORY})
    drifts = await audit_changes(db, now=now)
    for claim, flag in _AUDITED.items():
        found[claim] = [row for row in drifts if row[flag]]
    return await _keep(db, found, limit)


async def _ask(db: Database, claims: dict[str, str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for claim, query in claims.items():
        async with db.read_snapshot() as tx:
            await tx.connection.execute("SET LOCAL statement_timeout = '30min'")  # they read whole tables
            found[claim] = await tx.connection.fetch(query)
    return found


async def _keep(db: Database, found: dict[str, list[Any]], limit: int) -> dict[str, list[dict[str, Any]]]:
    counts = {claim: len(rows) for claim, rows in found.items()}
    await db.in_write(lambda tx: keep_checks(tx, counts, all_claims=INVARIANTS, now=utc_now()))
    async with db.read() as tx:
        return {claim: await name_stock(tx, rows[:limit]) for claim, rows in found.items() if rows}


async def check_changes(db: Database, *, now: datetime) -> None:
    """Log what contradicts the invariants, as far as it takes no reading of all history."""
    _complain(await broken_by_changes(db, now=now))


async def check_invariants(db: Database, *, now: datetime) -> None:
    """Log every broken invariant as an error."""
    del now
    _complain(await broken_invariants(db))


def _complain(broken: dict[str, list[dict[str, Any]]]) -> None:
    for claim, rows in broken.items():
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
    Timed("check-changes", "47 * * * *", check_changes),
    Timed("check-invariants", "23 18 * * *", check_invariants),  # at night, in Japan
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


def make_worker(db: Database, config: Config) -> Worker:
    """What does all background work in a process."""
    sender = Sender(is_anywhere=config.private_webhooks, clock=utc_now)
    return Worker(db, HEARINGS, TIMETABLE, BEATS, [Postman(db, config.secret_keys, sender, utc_now)])
