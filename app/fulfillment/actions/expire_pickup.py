"""Nobody came: the goods are no longer kept for the shopper."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.errors import PickupStillHeld
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.pickups import (
    PARTNER_MODES,
    PickupExpiryReason,
    PickupStatus,
    may_expire,
    next_pickup_status,
)
from app.fulfillment.sql import fulfillments, pickups
from app.inventory.actions.release_holds import release_holds
from app.kit.db import Row, WriteTx
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.actions.cancel_units import cancel_units
from app.orders.model import OrderHistoryKind


async def expire_pickup(
    tx: WriteTx,
    pickup_id: UUID,
    *,
    reason: PickupExpiryReason = PickupExpiryReason.HOLD_ENDED,
    actor: Actor,
    now: datetime,
) -> None:
    """The pickup becomes EXPIRED.

    At an own store its units are on sale again and its order lines are canceled, and with them the order
    and its untaken payment when nothing else is left of it; a payment at the counter ends with what was paid.
    Goods at a partner's point come back by a return later. Raises NotFound, InvalidTransition when the pickup
    does not wait to be collected, or PickupStillHeld before its time without another reason.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    next_pickup_status(pickup.status, PickupStatus.EXPIRED)
    if not may_expire(reason, pickup.hold_until, now):
        raise PickupStillHeld(pickup.hold_until)
    await pickups.set_status(tx, pickup_id, PickupStatus.EXPIRED, now=now)
    facts = {"pickup": pickup.number, "reason": str(reason)}
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_EXPIRED, actor=actor.reference, now=now, facts=facts)
    if pickup.mode not in PARTNER_MODES:
        await _put_back(tx, pickup, actor=actor.reference, now=now)


async def _put_back(tx: WriteTx, pickup: Row, *, actor: str, now: datetime) -> None:
    """The goods are still in the store: they are sold to others."""
    kept = [
        row.id
        for row in await fulfillments.fulfillments_of_delivery(tx, pickup.delivery_id)
        if row.status == FulfillmentState.OPEN
    ]
    quantities = await fulfillments.quantities_of(tx, kept)
    await release_holds(tx, pickup.order_id, actor=actor, line_nos=sorted(quantities))
    await fulfillments.set_states(tx, kept, FulfillmentState.CANCELED, now=now)
    await cancel_units(tx, pickup.order_id, quantities, reason="PICKUP_EXPIRED", actor=actor, now=now)
    await close_payment(tx, pickup.order_id, actor=actor, now=now)
