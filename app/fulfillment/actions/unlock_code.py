"""Staff unlocks a pickup after wrong codes; it gets a new code."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model.pickups import is_over
from app.fulfillment.sql import pickups
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind


async def unlock_code(tx: WriteTx, pickup_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Forget wrong codes and any verification, and give the pickup a new code; the old one is void.

    Raises NotFound, or InvalidTransition when the pickup is over.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if is_over(pickup.status):
        message = f"A pickup that is {pickup.status} needs no code."
        raise InvalidTransition(message, current_status=pickup.status)
    await pickups.unlock(tx, pickup_id)
    facts = {"pickup": pickup.number}
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_UNLOCKED, actor=actor.reference, now=now, facts=facts)
