"""The buyer is at the store, or in front of it in a car."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model.pickups import COLLECTABLE, POINT_MODES
from app.fulfillment.sql import pickups
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import Actor, ActorKind
from app.kit.text import is_storable
from app.orders.model import OrderHistoryKind

MAX_NOTE = 200


async def announce_buyer(
    tx: WriteTx, pickup_id: UUID, note: str | None, *, order_id: UUID | None = None, actor: Actor, now: datetime
) -> None:
    """The store's people see since when somebody waits and where, such as `silver van, bay 3`; up to 200 characters.

    Shoppers name the order, too. Raises NotFound, InvalidInput, InvalidTransition unless the goods can be collected at
    a store.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if actor.kind is ActorKind.SHOPPER and order.id != order_id:
        raise NotFound("There is no such pickup.")
    text = (note or "").strip() or None
    if text is not None and not (len(text) <= MAX_NOTE and is_storable(text)):
        raise InvalidInput(f"A note has up to {MAX_NOTE} characters.", path=["input", "note"])
    if pickup.status not in COLLECTABLE or pickup.mode in POINT_MODES:
        message = "Nobody waits for anybody there."
        raise InvalidTransition(message, current_status=pickup.status)
    await pickups.announce(tx, pickup_id, text, now=now)
    facts = {"pickup": pickup.number, "announced": True}
    await tell_orders(tx, [(order.id, OrderHistoryKind.PICKUP_CHANGED, facts)], actor=actor.reference, now=now)
