"""Nobody came: the goods are no longer kept for the shopper."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payments
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.errors import PickupStillHeld
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.pickups import POINT_MODES, STORE_PICKUP, PickupExpiryReason, PickupStep, may_expire
from app.fulfillment.sql import deliveries, fulfillments
from app.inventory.actions.release_holds import release_lines
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.cancel_units import Why, cancel_units_of_orders
from app.orders.actions.change_states import Line
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
    await give_up_goods(tx, [pickup], {order.id: order}, reason=reason, actor=actor.reference, now=now)


async def give_up_goods(
    tx: WriteTx,
    expired: Sequence[Row],
    orders: Mapping[UUID, Row],
    *,
    reason: PickupExpiryReason,
    actor: str,
    now: datetime,
) -> None:
    """What follows for the goods of pickups at own stores that have become EXPIRED; orders: their locked rows.

    The number of statements does not grow with them. Stock comes last: it is what others wait for.
    """
    told: dict[UUID, list[Line]] = {}
    for row in expired:
        facts = {"pickup": row.number, "reason": str(reason)}
        told.setdefault(row.order_id, []).append((OrderHistoryKind.PICKUP_EXPIRED, facts))
    quantities = await _close_fulfillments(tx, expired, now=now)
    why = Why("PICKUP_EXPIRED", told)
    statuses = await cancel_units_of_orders(tx, orders, quantities, why=why, actor=actor, now=now)
    await close_payments(tx, statuses, actor=actor, now=now)
    lines = [(order_id, line_no) for order_id, units in quantities.items() for line_no in units]
    await release_lines(tx, lines, actor=actor)


async def _close_fulfillments(
    tx: WriteTx, given_up: Sequence[Row], *, now: datetime
) -> Mapping[UUID, Mapping[int, int]]:
    """The goods are still in the store: nobody hands them over. Units by order and line number."""
    rows = await deliveries.lines_of_deliveries(tx, [pickup.delivery_id for pickup in given_up], FulfillmentState.OPEN)
    await fulfillments.set_states(tx, sorted({row.fulfillment_id for row in rows}), FulfillmentState.CANCELED, now=now)
    return deliveries.units_by_order(rows)
