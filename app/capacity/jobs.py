"""What capacity does by itself: it looks after goods that lie too long."""

from datetime import datetime
from typing import Any, Final

from app.capacity.actions.replan_overstays import MOST, replan_overstays
from app.kit.db import Database


async def look_for_overstays(db: Database, *, now: datetime) -> int:
    """At all stations; returns at how many somebody lies too long."""
    found = 0
    while True:
        some = await db.in_write(lambda tx: replan_overstays(tx, now=now))
        found += some
        if some < MOST:
            return found


HANDLERS: Final[dict[str, Any]] = {}
SCHEDULES: Final = {"replan-overstays": ("*/10 * * * *", look_for_overstays)}
