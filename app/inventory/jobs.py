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
    while await db.in_write(lambda tx: expire_reservations(tx, now=now, limit=_BATCH)):
        pass


async def prepare_ledger(db: Database, *, now: datetime) -> None:
    """Make the ledger's partitions of this month and the next ones, ahead of time."""
    await db.in_write(lambda tx: ensure_partitions(tx, now.date()))


HANDLERS: Final[dict[str, Any]] = {}
SCHEDULES: Final[dict[str, tuple[str, Any]]] = {
    "sweep_reservations": ("* * * * *", sweep_reservations),
    "prepare_ledger": ("17 3 * * *", prepare_ledger),
}
