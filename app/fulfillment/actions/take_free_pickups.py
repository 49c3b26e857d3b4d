"""Sweeps take the pickups that nobody else is dealing with."""

from collections.abc import Collection, Sequence

from app.fulfillment.sql import pickups
from app.kit.db import Row, WriteTx
from app.orders.sql import lock_free_orders


async def take_free_pickups(tx: WriteTx, due: Sequence[Row], statuses: Collection[str]) -> list[Row]:
    """Lock the pickups that were found to be due (rows with id, order_id, hold_until), where their orders are free.

    Those that somebody changed before they were locked are left out: another status, another end.
    """
    free = await lock_free_orders(tx, sorted({row.order_id for row in due}))
    ends = {row.id: row.hold_until for row in due if row.order_id in free}
    locked = await pickups.lock_pickups(tx, ends)
    return [row for row in locked.values() if row.status in statuses and row.hold_until == ends[row.id]]
