"""Units of an order are not there: lost on their way to a store, or missing on their shelf."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.follow_reports import send_pickup
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.place_moved_units import place_moved_units
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.pickups import PickupStep
from app.fulfillment.sql import fulfillments, pickups, work
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.actions.cancel_units import cancel_units


async def drop_lost_units(
    tx: WriteTx, order_id: UUID, *, reason: str = "LOST_IN_TRANSIT", now: datetime
) -> dict[int, int]:
    """Take units that the order does not claim any more out of its open fulfillments; the order is locked.

    What it claims at another place instead is planned there. The order's lines are canceled by the others, and a
    fulfillment of which nothing is left, or the whole order, with them. reason: for the order's history. Returns the
    lost units by line number. May be repeated.
    """
    moved = await place_moved_units(tx, order_id, now=now)
    rows = await fulfillments.open_units(tx, order_id)
    missing: dict[int, int] = {}
    for row in rows:
        if row.lost > 0:
            missing[row.line_no] = missing.get(row.line_no, 0) + row.lost
    for fulfillment_id in {row.fulfillment_id for row in rows if row.lost > 0}:
        await _shrink(tx, [row for row in rows if row.fulfillment_id == fulfillment_id], now=now)
    lost = {line: units - moved.get(line, 0) for line, units in missing.items() if units > moved.get(line, 0)}
    if not lost:
        return {}
    await cancel_units(tx, order_id, lost, reason=reason, actor=SYSTEM.reference, now=now)
    await close_payment(tx, order_id, actor=SYSTEM.reference, now=now)
    return lost


async def _shrink(tx: WriteTx, lines: list[Row], *, now: datetime) -> None:
    """Leave one fulfillment what is claimed for it."""
    fulfillment_id, delivery_id = lines[0].fulfillment_id, lines[0].delivery_id
    if any(line.kept for line in lines):
        await fulfillments.shrink_lines(tx, fulfillment_id, {line.line_no: line.kept for line in lines})
        return
    await fulfillments.set_states(tx, [fulfillment_id], FulfillmentState.CANCELED, now=now)
    await work.cancel_work(tx, [fulfillment_id])
    states = {other["status"] for other in await fulfillments.fulfillments_of_delivery(tx, delivery_id)}
    pickup = await pickups.lock_pickup_of_delivery(tx, delivery_id)
    if pickup is None or FulfillmentState.OPEN in states:
        return
    # Of several parcels to a partner's point this was the last that had not left.
    if states == {FulfillmentState.CANCELED}:
        await move_pickup(tx, pickup, PickupStep.CANCEL, now=now)
    else:
        await send_pickup(tx, pickup, now=now)
