"""Goods are given to whoever said the code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.ship_units import ship_units
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.errors import PickupCodeLocked, PickupCodeNotVerified
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.codes import is_verified
from app.fulfillment.model.pickups import PARTNER_MODES, PickupStatus, next_pickup_status
from app.fulfillment.sql import fulfillments, pickups
from app.kit.db import Row, WriteTx
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.model import OrderHistoryKind
from app.orders.sql import lines_of
from app.payments.actions.capture_payment import capture_payment
from app.payments.model import PaymentStatus


async def hand_over(tx: WriteTx, pickup_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The pickup becomes COLLECTED, its fulfillments COMPLETED, its units count as fulfilled.

    At an own store the units leave stock here; at a partner's point they left with their parcels. What is due
    at the pickup is taken: the price of its own lines. The payment ends with the order's last open pickup.
    Raises NotFound, InvalidTransition when nothing waits to be collected, PickupCodeLocked,
    PickupCodeNotVerified (a verification ends after VERIFICATION_LASTS).
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    next_pickup_status(pickup.status, PickupStatus.COLLECTED)
    if pickup.is_locked:
        raise PickupCodeLocked
    if not is_verified(pickup.verified_at, now):
        raise PickupCodeNotVerified
    leaving = [
        row
        for row in await fulfillments.fulfillments_of_delivery(tx, pickup.delivery_id)
        if row.status != FulfillmentState.CANCELED
    ]
    quantities = await _take_out(tx, pickup, leaving, actor)
    await fulfillments.set_states(tx, [row.id for row in leaving], FulfillmentState.COMPLETED, now=now)
    await pickups.set_status(tx, pickup_id, PickupStatus.COLLECTED, now=now)
    facts: dict[str, Any] = {"pickup": pickup.number}
    if order.payment_status == PaymentStatus.DUE_AT_PICKUP:
        facts["paidMinor"] = await _take_money(tx, order.id, quantities, now=now)
    collected = OrderHistoryKind.PICKUP_COLLECTED
    await add_history(tx, order.id, collected, actor=actor.reference, now=now, facts=facts)
    await record_fulfilled(tx, order.id, quantities, actor=actor.reference, now=now)
    await close_payment(tx, order.id, actor=actor.reference, now=now)


async def _take_money(tx: WriteTx, order_id: UUID, quantities: Mapping[int, int], *, now: datetime) -> int:
    """What these units cost is paid at the counter; minor units of the order's currency."""
    amount = sum(line.unit_price_minor * quantities.get(line.line_no, 0) for line in await lines_of(tx, [order_id]))
    await capture_payment(tx, order_id, amount_minor=amount, is_last=False, now=now)
    return amount


async def _take_out(tx: WriteTx, pickup: Row, leaving: list[Row], actor: Actor) -> dict[int, int]:
    """The units per order line, taken out of the own store's stock."""
    if pickup.mode in PARTNER_MODES:
        return await fulfillments.quantities_of(tx, [row.id for row in leaving])
    return await ship_units(tx, pickup.order_id, leaving, kind="HANDED_OVER", actor=actor.reference)
