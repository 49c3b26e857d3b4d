"""An own store has the goods of a pickup ready at its counter."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.refuse_held import refuse_held
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model import WorkKind
from app.fulfillment.model.pickups import POINT_MODES, STORE_PICKUP, PickupStep
from app.fulfillment.sql import fulfillments, work
from app.fulfillment.sql.policies import policies_of
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind


async def mark_ready(tx: WriteTx, pickup_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The pickup becomes READY and is kept for the location's hold days, from its slot on if it has one; its
    preparation is done.

    Raises NotFound, WorkOnHold, or InvalidTransition when units are still elsewhere, when the pickup is past this step,
    or when a parcel brings the goods: then its arrival is reported.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.mode in POINT_MODES:
        message = "Goods at a partner's point are ready when their arrival is reported."
        raise InvalidTransition(message, current_status=pickup.status)
    STORE_PICKUP.check(PickupStep.MAKE_READY, pickup.status)
    if any(
        row.is_incomplete for row in await work.open_pickups_of(tx, order.id) if row.delivery_id == pickup.delivery_id
    ):
        message = "Units of this pickup are still elsewhere."
        raise InvalidTransition(message, current_status=pickup.status)
    prepared = await fulfillments.fulfillments_of_delivery(tx, pickup.delivery_id)
    await refuse_held(tx, [row.id for row in prepared])
    await work.finish_work(tx, [row.id for row in prepared], [WorkKind.PREPARE_PICKUP], actor=actor.reference, now=now)
    policy = (await policies_of(tx, [pickup.location_id]))[pickup.location_id]
    until = policy.hold_until(now if pickup.slot_begins is None else max(now, pickup.slot_begins))
    await move_pickup(tx, pickup, PickupStep.MAKE_READY, now=now, hold_until=until)
    facts = {"pickup": pickup.number, "holdUntil": until.isoformat()}
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_READY, actor=actor.reference, now=now, facts=facts)
