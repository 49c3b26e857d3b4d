"""Goods at points are with their buyers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payments
from app.fulfillment.actions.take_payment import take_payment
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model import FulfillmentState
from app.fulfillment.sql import deliveries, fulfillments
from app.kit.db import Row, WriteTx
from app.orders.actions.change_states import Line
from app.orders.actions.record_fulfilled import fulfill_orders
from app.orders.sql import lock_orders
from app.payments.model import PaymentStatus


async def collect_at_points(
    tx: WriteTx, collected: Sequence[Row], lines: Mapping[UUID, Line], *, actor: str, now: datetime
) -> None:
    """What was in the parcels of these pickups counts as fulfilled; what was due at the pickup is paid.

    The orders and the pickups are locked. lines: what the histories of their orders say of it, by pickup. The units
    left stock with their parcels. The number of statements grows only with the payments at the pickup.
    """
    if not collected:
        return
    rows = await deliveries.lines_of_deliveries(tx, [row.delivery_id for row in collected], FulfillmentState.SHIPPED)
    await fulfillments.set_states(tx, sorted({row.fulfillment_id for row in rows}), FulfillmentState.COMPLETED, now=now)
    units = deliveries.units_by_order(rows)
    told: dict[UUID, list[Line]] = {}
    for row in collected:
        told.setdefault(row.order_id, []).append(lines[row.id])
    others = [(order_id, *line) for order_id, its in told.items() if order_id not in units for line in its]
    if others:
        await tell_orders(tx, others, actor=actor, now=now)
    orders = await lock_orders(tx, units)
    for order_id, order in orders.items():
        if order.payment_status == PaymentStatus.DUE_AT_PICKUP:
            await take_payment(tx, order_id, units[order_id], now=now)
    statuses = await fulfill_orders(tx, orders, units, before=told, actor=actor, now=now)
    await close_payments(tx, statuses, actor=actor, now=now)
