"""Goods that nobody collected at own stores are on sale again."""

from datetime import datetime

from app.fulfillment.actions.expire_pickup import give_up_pickups
from app.fulfillment.actions.take_due_pickups import take_due_pickups
from app.fulfillment.model.pickups import COLLECTABLE, PickupExpiryReason
from app.fulfillment.sql import due_pickups
from app.kit.db import WriteTx
from app.kit.permissions import SYSTEM


async def expire_due_pickups(tx: WriteTx, *, now: datetime, limit: int) -> int:
    """Give up pickups at own stores whose time and grace are over; returns how many.

    Those that somebody is dealing with are left for the next time. The number of statements does not grow with them.
    """
    due = await due_pickups.pickups_to_give_up(tx, now=now, limit=limit)
    taken = await take_due_pickups(tx, due, COLLECTABLE)
    if taken:
        reason = PickupExpiryReason.HOLD_ENDED
        await give_up_pickups(tx, taken, reason=reason, actor=SYSTEM.reference, now=now)
    return len(taken)
