"""Test pickups are not kept."""

from datetime import datetime

from app.fulfillment.model.sandbox import KEPT
from app.fulfillment.sql import sandbox
from app.kit.db import WriteTx


async def prune_sandbox(tx: WriteTx, *, now: datetime, limit: int) -> int:
    """Delete the oldest test orders with their pickups, 30 days after they were made; returns how many."""
    old = await sandbox.lock_old_sandbox_orders(tx, before=now - KEPT, limit=limit)
    if old:
        await sandbox.delete_orders(tx, old)
    return len(old)
