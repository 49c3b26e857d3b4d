"""Time passes, and goods are not where they should be."""

from datetime import datetime

from app.fulfillment.actions.promise_pickups import promise_pickups
from app.fulfillment.sql import promises
from app.kit.db import WriteTx
from app.orders.sql import lock_orders


async def redate_promises(tx: WriteTx, *, now: datetime, limit: int) -> int:
    """Move the promises on of pickups that should be ready and wait for transfers; returns of how many orders."""
    overdue = await promises.orders_overdue(tx, now=now, limit=limit)
    if overdue:
        await lock_orders(tx, overdue)
        await promise_pickups(tx, overdue, now=now)
    return len(overdue)
