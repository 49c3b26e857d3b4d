"""Somebody else than the buyer will collect."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model.pickups import PickupStatus, is_over
from app.fulfillment.sql import pickups
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import Actor, ActorKind
from app.kit.text import is_storable
from app.orders.model import OrderHistoryKind

MAX_NAME = 80


async def set_collector(
    tx: WriteTx, pickup_id: UUID, name: str | None, *, order_id: UUID | None = None, actor: Actor, now: datetime
) -> None:
    """Whoever hands over sees the name (1 to 80 characters; None: the buyer comes) beside the pickup.

    The pickup gets a new code, which the buyer passes on: whoever had the old one has nothing. Wrong codes stay
    counted. Shoppers name the order, too. Raises NotFound, InvalidInput, InvalidTransition when the pickup is over.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if actor.kind is ActorKind.SHOPPER and order.id != order_id:
        raise NotFound("There is no such pickup.")
    collector = None if name is None else name.strip()
    if collector is not None and not (1 <= len(collector) <= MAX_NAME and is_storable(collector)):
        raise InvalidInput(f"A name has 1 to {MAX_NAME} characters.", path=["input", "name"])
    if is_over(pickup.status) or pickup.status == PickupStatus.EXPIRED:
        message = f"A pickup that is {pickup.status} is not collected any more."
        raise InvalidTransition(message, current_status=pickup.status)
    if collector == pickup.collector_name:
        return
    await pickups.set_collector(tx, pickup_id, collector)
    # A name is personal: histories tell only that there is one.
    facts = {"pickup": pickup.number, "hasCollector": collector is not None}
    await tell_orders(tx, [(order.id, OrderHistoryKind.PICKUP_CHANGED, facts)], actor=actor.reference, now=now)
