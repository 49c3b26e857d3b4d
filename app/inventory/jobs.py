"""Timed work of the inventory slice. It hears no events: lower slices do not move stock."""

from datetime import datetime
from typing import Any, Final

from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.sql.ledger import ensure_partitions
from app.kit.db import Database

_BATCH: Final = 500


async def sweep_reservations(db: Database, *, now: datetime) -> None:
    """End all reservations that are due, in short transactions: each keeps stock rows locked until its
    commit.
    """
    while len(await db.in_write(lambda tx: expire_reservations(tx, now=now, limit=_BATCH))) == _BATCH:
        pass


async def prepare_ledger(db: Database, *, now: datetime) -> None:
    """Make the ledger's partitions of this month and the next ones, ahead of time."""
    await db.in_write(lambda tx: ensure_partitions(tx, now.date()))


HANDLERS: Final[dict[str, Any]] = {}
# Seconds from one sweep of a worker to its next. It hears nothing and looks at an index when nothing is due.
BEATS: Final[dict[str, tuple[float, Any]]] = {"sweep_reservations": (1.0, sweep_reservations)}
SCHEDULES: Final[dict[str, tuple[str, Any]]] = {
    "prepare_ledger": ("17 3 * * *", prepare_ledger),
}
