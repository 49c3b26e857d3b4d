"""Timed work of carts: those that nobody came back to are forgotten, with the addresses in them."""

from datetime import datetime, timedelta
from typing import Any, Final

from app.carts.actions.delete_expired_carts import delete_expired_carts
from app.kit.db import Database

KEEP_EXPIRED: Final = timedelta(days=30)
"""How long an expired cart can still be read."""
BATCH: Final = 1_000


async def forget_carts(db: Database, *, now: datetime) -> int:
    """Delete open carts that expired more than 30 days ago, in short transactions; returns how many."""
    total = 0
    while True:
        deleted = await db.in_write(lambda tx: delete_expired_carts(tx, before=now - KEEP_EXPIRED, limit=BATCH))
        total += deleted
        if deleted < BATCH:
            return total


HANDLERS: Final[dict[str, Any]] = {}
SCHEDULES: Final = {"forget-carts": ("23 4 * * *", forget_carts)}
