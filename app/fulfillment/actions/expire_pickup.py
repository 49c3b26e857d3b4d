"""Nobody came: the goods are no longer kept for the shopper."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.errors import PickupStillHeld
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.pickups import POINT_MODES, STORE_PICKUP, PickupExpiryReason, PickupStep, may_expire
from app.fulfillment.sql import fulfillments
from app.inventory.actions.release_holds import release_holds
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
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

    Its units are on sale again and its order lines are canceled, and with them the order and its untaken payment when
    nothing else is left of it; a payment at the counter ends with what was paid. Raises NotFound, InvalidTransition
    when the pickup does not wait to be collected at a store, or PickupStillHeld before its time without another reason.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.mode in POINT_MODES:
        message = "A point reports by `pickupReport` that goods are given up."
        raise InvalidTransition(message, current_status=pickup.status)
    STORE_PICKUP.check(PickupStep.EXPIRE, pickup.status)
    if not may_expire(reason, pickup.hold_until, now):
        raise PickupStillHeld(pickup.hold_until)
    await move_pickup(tx, pickup, PickupStep.EXPIRE, now=now)
    facts = {"pickup": pickup.number, "reason": str(reason)}
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_EXPIRED, actor=actor.reference, now=now, facts=facts)
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
