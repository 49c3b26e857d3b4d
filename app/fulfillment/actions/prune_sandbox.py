"""Test pickups are not kept."""

from datetime import datetime

from app.exceptions.sql import delete_cases
from app.fulfillment.model.sandbox import KEPT
from app.fulfillment.sql import sandbox
from app.kit.db import WriteTx
from app.orders.sql.sandbox import delete_test_orders, lock_old_test_orders


async def prune_sandbox(tx: WriteTx, *, now: datetime, limit: int) -> int:
    """Delete the oldest test orders with their pickups, 30 days after they were made; returns how many."""
    old = await lock_old_test_orders(tx, before=now - KEPT, limit=limit)
    if old:
        await delete_cases(tx, old)
        await sandbox.delete_pickups(tx, old)
        await delete_test_orders(tx, old)
    return len(old)
