"""Sweeps take the pickups that nobody else is dealing with."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.fulfillment.sql import pickups
from app.kit.db import Row, WriteTx
from app.orders.sql import lock_free_orders


async def take_free_pickups(tx: WriteTx, due: Mapping[UUID, UUID], statuses: Collection[str]) -> list[Row]:
    """Lock the pickups (ids, each with its order) whose orders are free; those that are still in one of `statuses`.

    What else made them due has to be looked at again: they may have changed before they were locked.
    """
    free = await lock_free_orders(tx, sorted(set(due.values())))
    locked = await pickups.lock_pickups(tx, [pickup_id for pickup_id, order_id in due.items() if order_id in free])
    return [row for row in locked.values() if row.status in statuses]
