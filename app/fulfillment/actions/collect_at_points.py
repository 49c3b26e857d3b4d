"""Goods at points are with their buyers."""

from collections.abc import Sequence
from datetime import datetime

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.take_payment import take_payment
from app.fulfillment.model import FulfillmentState
from app.fulfillment.sql import fulfillments
from app.kit.db import Row, WriteTx
from app.orders.actions.record_fulfilled import record_fulfilled


async def collect_at_points(tx: WriteTx, collected: Sequence[Row], *, actor: str, now: datetime) -> None:
    """What was in the parcels of these pickups counts as fulfilled; what was due at the pickup is paid.

    The orders and the pickups are locked. The units left stock with their parcels.
    """
    for pickup in collected:
        parcels = [
            row.id
            for row in await fulfillments.fulfillments_of_delivery(tx, pickup.delivery_id)
            if row.status == FulfillmentState.SHIPPED
        ]
        quantities = await fulfillments.quantities_of(tx, parcels)
        await fulfillments.set_states(tx, parcels, FulfillmentState.COMPLETED, now=now)
        await take_payment(tx, pickup.order_id, quantities, now=now)
        await record_fulfilled(tx, pickup.order_id, quantities, actor=actor, now=now)
        await close_payment(tx, pickup.order_id, actor=actor, now=now)
