"""Goods that nobody collected at own stores are on sale again."""

from collections.abc import Sequence
from datetime import datetime

from app.fulfillment.actions.expire_pickup import give_up_goods
from app.fulfillment.actions.move_pickup import move_due_pickups
from app.fulfillment.model.pickups import COLLECTABLE, PickupExpiryReason, PickupStep
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.sql import take_free_orders


async def expire_due_pickups(tx: WriteTx, due: Sequence[Row], *, now: datetime) -> int:
    """Give up pickups at own stores whose time and grace are over (rows of `sql.due_pickups`); returns how many.

    Those that somebody is dealing with are left for the next time. The number of statements does not grow with them.
    """
    orders = await take_free_orders(tx, {row.order_id for row in due})
    free = [row for row in due if row.order_id in orders]
    expired = await move_due_pickups(tx, free, PickupStep.EXPIRE, COLLECTABLE, now=now) if free else []
    if expired:
        reason = PickupExpiryReason.HOLD_ENDED
        await give_up_goods(tx, expired, orders, reason=reason, actor=SYSTEM.reference, now=now)
    return len(expired)
