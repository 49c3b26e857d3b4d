"""Units that were promised to an order turned out to be missing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.drop_lost_units import drop_lost_units
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.sql.fulfillments import fulfillments_of_order, unclaimed_units
from app.kit.db import WriteTx
from app.kit.permissions import SYSTEM
from app.orders.actions.cancel_units import cancel_units
from app.orders.model import OrderStatus
from app.orders.sql import lock_order

REASON: Final = "OUT_OF_STOCK"


async def cancel_missing_units(tx: WriteTx, order_id: UUID, missing: Mapping[int, int], *, now: datetime) -> None:
    """Cancel what a placed order does not claim any more, in its work, its lines and its payment.

    missing: units by line number, at most so many of those that were missing before the work was planned, or because
    it is not planned yet. Work that is planned is told by the claims. An order that is not placed changes nothing, and
    repeating it is harmless.
    """
    order = await lock_order(tx, order_id)
    if order is None or order.status != OrderStatus.PLACED:
        return
    if await fulfillments_of_order(tx, order_id):
        await drop_lost_units(tx, order_id, reason=REASON, now=now)
    unclaimed = await unclaimed_units(tx, order_id)
    canceled = {line: min(units, unclaimed[line]) for line, units in missing.items() if line in unclaimed}
    if not canceled:
        return
    await cancel_units(tx, order_id, canceled, reason=REASON, actor=SYSTEM.reference, now=now)
    await plan_work(tx, order_id, now=now)
    await close_payment(tx, order_id, actor=SYSTEM.reference, now=now)
