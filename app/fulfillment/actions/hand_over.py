"""Goods are given to whoever said the code."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payments
from app.fulfillment.actions.free_slots import free_slots
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.ship_units import ship_units
from app.fulfillment.actions.take_payment import take_payment
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.errors import PickupCodeLocked, PickupCodeNotVerified
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.codes import is_verified
from app.fulfillment.model.pickups import POINT_MODES, STORE_PICKUP, PickupStep
from app.fulfillment.sql import fulfillments
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.model import OrderHistoryKind


async def hand_over(tx: WriteTx, pickup_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The pickup becomes COLLECTED, its fulfillments COMPLETED, its units count as fulfilled.

    The units leave the store's stock. What is due
    at the pickup is taken: the price of its own lines. The payment ends with the order's last open pickup.
    Raises NotFound, InvalidTransition when nothing waits to be collected, PickupCodeLocked,
    PickupCodeNotVerified (a verification ends after VERIFICATION_LASTS).
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.mode in POINT_MODES:
        message = "A point reports by `pickupReport` that goods were collected."
        raise InvalidTransition(message, current_status=pickup.status)
    STORE_PICKUP.check(PickupStep.COLLECT, pickup.status)
    if pickup.is_locked:
        raise PickupCodeLocked
    if not is_verified(pickup.verified_at, now):
        raise PickupCodeNotVerified
    leaving = [
        row
        for row in await fulfillments.fulfillments_of_delivery(tx, pickup.delivery_id)
        if row.status != FulfillmentState.CANCELED
    ]
    await free_slots(tx, [pickup], now=now)
    quantities = await ship_units(tx, pickup.order_id, leaving, kind="HANDED_OVER", actor=actor.reference)
    await fulfillments.set_states(tx, [row.id for row in leaving], FulfillmentState.COMPLETED, now=now)
    await move_pickup(tx, pickup, PickupStep.COLLECT, now=now)
    facts: dict[str, Any] = {"pickup": pickup.number}
    paid = await take_payment(tx, order.id, quantities, now=now)
    if paid is not None:
        facts["paidMinor"] = paid
    told = [(OrderHistoryKind.PICKUP_COLLECTED, facts)]
    status = await record_fulfilled(tx, order.id, quantities, before=told, actor=actor.reference, now=now)
    await close_payments(tx, {order.id: status}, actor=actor.reference, now=now)
