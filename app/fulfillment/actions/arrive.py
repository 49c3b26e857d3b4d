"""A partner reports that the goods have arrived at its point."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model.pickups import PickupStatus, hold_until, next_pickup_status
from app.fulfillment.sql import pickups
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind


async def arrive(tx: WriteTx, pickup_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The pickup becomes READY and is kept for the point's hold days.

    Raises NotFound, or InvalidTransition when the goods are not on their way to a partner's point.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.status != PickupStatus.IN_TRANSIT_TO_POINT:
        message = f"A pickup that is {pickup.status} does not arrive at a point."
        raise InvalidTransition(message, current_status=pickup.status)
    next_pickup_status(pickup.status, PickupStatus.READY)
    until = hold_until(now, await pickups.hold_days_of(tx, pickup.location_id))
    await pickups.set_ready(tx, pickup_id, now=now, hold_until=until)
    facts = {"pickup": pickup.number, "holdUntil": until.isoformat()}
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_ARRIVED, actor=actor.reference, now=now, facts=facts)
