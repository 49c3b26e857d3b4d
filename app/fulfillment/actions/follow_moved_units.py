"""Other places than planned give units of an order: the work goes there."""

from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.drop_lost_units import drop_lost_units
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.open_preparations import open_preparations
from app.fulfillment.model import WorkKind
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql import pickups, work
from app.kit.db import WriteTx
from app.orders.model import OrderStatus
from app.orders.sql import lock_order

REASON: Final = "OUT_OF_STOCK"


async def follow_moved_units(tx: WriteTx, order_id: UUID, *, now: datetime) -> None:
    """Bring the planned work of a placed order to where its units are now.

    Parcels are picked and shipped there; the preparation of a pickup waits until they have come to the store. May be
    repeated, and come late: only the present claims count. What is not planned yet is planned by them anyway.
    """
    order = await lock_order(tx, order_id)
    if order is None or order.status != OrderStatus.PLACED:
        return
    await drop_lost_units(tx, order_id, reason=REASON, now=now)
    waiting = [row for row in await work.open_pickups_of(tx, order_id) if row.is_incomplete]
    await work.let_wait(tx, [row.id for row in waiting], WorkKind.PREPARE_PICKUP)
    for row in waiting:
        pickup = await pickups.lock_pickup_of_delivery(tx, row.delivery_id)
        if pickup is not None and pickup.status == PickupStatus.PREPARING:
            await move_pickup(tx, pickup, PickupStep.WAIT, now=now)
    await open_preparations(tx, order_id, now=now)
