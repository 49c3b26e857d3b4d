"""What the notifications slice does in the background: deliveries (`postman`), and forgetting old ones."""

from datetime import datetime, timedelta
from typing import Any, Final

from app.kit.db import Database
from app.notifications.sql.deliveries import prune_deliveries

KEEP_DELIVERED: Final = timedelta(days=7)
KEEP_DEAD: Final = timedelta(days=30)
_BATCH: Final = 5_000


async def prune(db: Database, *, now: datetime) -> int:
    """Delete deliveries that nobody asks for any more; returns how many."""
    deleted, total = _BATCH, 0
    while deleted == _BATCH:
        deleted = await db.in_write(
            lambda tx: prune_deliveries(tx, delivered=now - KEEP_DELIVERED, dead=now - KEEP_DEAD, limit=_BATCH)
        )
        total += deleted
    return total


HANDLERS: Final[dict[str, Any]] = {}
SCHEDULES: Final = {"prune": ("37 * * * *", prune)}
