"""A store may prepare a pickup once all its units are there."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.model import WorkKind, due_at
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql import pickups, work
from app.kit.db import WriteTx


async def open_preparations(tx: WriteTx, order_id: UUID, *, now: datetime) -> list[UUID]:
    """Open the preparation of the order's pickups whose units are all at their store; the order is locked.

    Returns the fulfillments that can be prepared. May be repeated.
    """
    complete = [row for row in await work.open_pickups_of(tx, order_id) if not row.is_incomplete]
    prepare = WorkKind.PREPARE_PICKUP
    await work.open_work(tx, {row.id: due_at(prepare, now, row.hours, row.timezone) for row in complete}, prepare)
    for row in complete:
        pickup = await pickups.lock_pickup_of_delivery(tx, row.delivery_id)
        if pickup is not None and pickup.status == PickupStatus.REQUESTED:
            await move_pickup(tx, pickup, PickupStep.PREPARE, now=now)
    return [row.id for row in complete]
