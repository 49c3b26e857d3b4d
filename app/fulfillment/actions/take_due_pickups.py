"""Sweeps take the pickups that nobody else is dealing with."""

from collections.abc import Collection, Sequence

from app.fulfillment.sql import pickups
from app.kit.db import Row, WriteTx


async def take_due_pickups(tx: WriteTx, due: Sequence[Row], statuses: Collection[str]) -> list[Row]:
    """Lock pickups that were found to be due (rows of `sql.due_pickups`) of locked orders.

    Those that somebody changed meanwhile are left out: they have another status, or another end.
    """
    ends = {row.id: row.hold_until for row in due}
    locked = await pickups.lock_pickups(tx, ends) if ends else {}
    return [row for row in locked.values() if row.status in statuses and row.hold_until == ends[row.id]]
