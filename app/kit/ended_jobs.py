"""What is left of jobs that ended: those that failed too often, and the log of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.types import JobId

from app.kit.db import Database


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that is not tried any more."""

    id: int
    name: str
    attempts: int
    created_at: datetime
    arguments: dict[str, Any]


async def failed_jobs(db: Database, limit: int = 100) -> list[FailedJob]:
    """The dead letters, newest first."""
    async with db.read() as tx:
        rows: list[Mapping[str, Any]] = await tx.connection.fetch(
            "SELECT id, entrypoint, attempts + 1 AS attempts, created, payload FROM pgqueuer"
            " WHERE status = 'failed' ORDER BY id DESC LIMIT $1",
            limit,
        )
    return [
        FailedJob(row["id"], row["entrypoint"], row["attempts"], row["created"], orjson.loads(row["payload"]))
        for row in rows
    ]


async def retry_failed_jobs(db: Database) -> int:
    """Give all dead letters a new set of attempts; returns how many there were."""
    failed = await failed_jobs(db, limit=10_000)
    async with db.write() as tx:
        await Queries(AsyncpgDriver(tx.connection)).requeue_jobs([JobId(job.id) for job in failed])
    return len(failed)


async def prune_jobs(db: Database, *, before: datetime) -> None:
    """Forget the log and the figures of jobs that ended before this instant; jobs themselves stay."""
    async with db.write() as tx:
        await tx.connection.execute("DELETE FROM pgqueuer_log WHERE aggregated AND created < $1", before)
        await tx.connection.execute("DELETE FROM pgqueuer_statistics WHERE created < $1", before)
