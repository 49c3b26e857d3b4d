"""People report that a piece of work is done."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.model import WorkKind, WorkStatus, may_touch
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.sql import fulfillments, pickups, work
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_order

# What moves goods is reported with its facts, by a mutation of its own.
_REPORTED_BY = {
    WorkKind.SHIP: "shipmentCreate",
    WorkKind.TRANSFER: "transferShip",
    WorkKind.RECEIVE: "transferReceive",
}


async def complete_work(tx: WriteTx, work_id: UUID, *, actor: Actor, now: datetime) -> None:
    """PICK work becomes DONE and SHIP work opens; PREPARE_PICKUP work becomes DONE and the pickup READY.

    Raises NotFound (also for work at locations that the caller's key does not cover), or InvalidTransition
    when the work is not open or is reported by another mutation.
    """
    instruction = await _take_work(tx, work_id, actor)
    kind = WorkKind(instruction.kind)
    if kind in _REPORTED_BY:
        message = f"{kind} work is done when `{_REPORTED_BY[kind]}` reports it."
        raise InvalidTransition(message, current_status=instruction.status)
    if instruction.status != WorkStatus.OPEN:
        message = f"Work that is {instruction.status} cannot be completed."
        raise InvalidTransition(message, current_status=instruction.status)
    fulfillment = await fulfillments.lock_fulfillment(tx, instruction.fulfillment_id)
    pickup = fulfillment and await pickups.lock_pickup_of_delivery(tx, fulfillment.delivery_id)
    if kind is WorkKind.PREPARE_PICKUP:
        if pickup is not None:
            await mark_ready(tx, pickup.id, actor=actor, now=now)
        return
    about = [instruction.fulfillment_id]
    await work.finish_work(tx, about, [WorkKind.PICK], actor=actor.reference, now=now)
    await work.open_work(tx, dict.fromkeys(about), WorkKind.SHIP)
    if pickup is not None and pickup.status == PickupStatus.REQUESTED:
        await pickups.set_status(tx, pickup.id, PickupStatus.PREPARING, now=now)
    await add_history(tx, instruction.order_id, OrderHistoryKind.PICKED, actor=actor.reference, now=now)


async def _take_work(tx: WriteTx, work_id: UUID, actor: Actor) -> Row:
    """The instruction, locked after its order."""
    found = await work.find_work(tx, work_id)
    if found is not None and may_touch(actor, partner_id=found.partner_id, location_id=found.location_id):
        if found.order_id is not None:
            await lock_order(tx, found.order_id)
        instruction = await work.lock_work(tx, work_id)
        if instruction is not None:
            return instruction
    message = "There is no such work instruction."
    raise NotFound(message)
