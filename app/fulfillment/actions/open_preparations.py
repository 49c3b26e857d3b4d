"""A store may prepare a pickup once all its units are there."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.promise_pickups import promise_pickups
from app.fulfillment.model import WorkKind, due_at
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql import pickups, work
from app.fulfillment.sql.pickup_slots import set_due
from app.kit.db import WriteTx


async def open_preparations(tx: WriteTx, order_id: UUID, *, now: datetime) -> list[UUID]:
    """Open the preparation of the order's pickups whose units are all at their store; the order is locked.

    A preparation is due when its slot begins, also while it waits; without a slot, soon. Returns the fulfillments that
    can be prepared. May be repeated.
    """
    opened = await work.open_pickups_of(tx, order_id)
    complete = [row for row in opened if not row.is_incomplete]
    prepare = WorkKind.PREPARE_PICKUP
    due = {row.id: row.slot_begins or due_at(prepare, now, row.hours, row.timezone) for row in complete}
    await work.open_work(tx, due, prepare)
    waiting = {row.id: row.slot_begins for row in opened if row.is_incomplete and row.slot_begins is not None}
    if waiting:
        await set_due(tx, waiting)
    for row in complete:
        pickup = await pickups.lock_pickup_of_delivery(tx, row.delivery_id)
        if pickup is not None and pickup.status == PickupStatus.REQUESTED:
            await move_pickup(tx, pickup, PickupStep.PREPARE, now=now)
    if opened:
        await promise_pickups(tx, [order_id], now=now)
    return [row.id for row in complete]
