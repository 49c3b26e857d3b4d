"""Units reached the buyer: shipped to the address, or handed over at a point."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.orders import sql
from app.orders.actions.change_states import StateChange, change_states, require_order
from app.orders.errors import TooManyFulfilled
from app.orders.events import OrderCompleted
from app.orders.model import (
    FulfillmentStatus,
    OrderHistoryKind,
    OrderStatus,
    fulfillment_status_of,
    next_order_status,
)


async def record_fulfilled(
    tx: WriteTx, order_id: UUID, quantities: Mapping[int, int], *, actor: str, now: datetime
) -> int:
    """Count units (by line number, at least one each) as fulfilled. Returns the order's new version.

    When nothing is left open the order becomes COMPLETED. Raises NotFound, InvalidTransition when the order
    is not placed, TooManyFulfilled when a line waits for fewer units; then nothing may be kept of the
    transaction.
    """
    order = await require_order(tx, order_id)
    if order["status"] != OrderStatus.PLACED:
        message = f"An order that is {order['status']} is not being fulfilled."
        raise InvalidTransition(message, current_status=order["status"])
    counted = await tx.fetch(
        sql.FULFILL_LINES,
        order_id=order_id,
        line_nos=list(quantities),
        quantities=list(quantities.values()),
    )
    counts = await sql.counts_of(tx, order_id)
    for line_no in sorted(quantities.keys() - {row["line_no"] for row in counted}):
        available = counts[line_no].open if line_no in counts else 0
        message = f"Line {line_no} waits for {available} units, not for {quantities[line_no]}."
        raise TooManyFulfilled(message, requested=quantities[line_no], available=available)
    fulfilled = fulfillment_status_of(counts.values())
    is_complete = fulfilled is FulfillmentStatus.FULFILLED
    change = StateChange(
        order,
        OrderHistoryKind.COMPLETED if is_complete else OrderHistoryKind.PARTIALLY_FULFILLED,
        status=next_order_status(order["status"], OrderStatus.COMPLETED) if is_complete else None,
        fulfillment_status=fulfilled,
        facts={"quantities": {str(line_no): quantity for line_no, quantity in quantities.items()}},
        events=(OrderCompleted(order_id),) if is_complete else (),
    )
    [version] = await change_states(tx, [change], actor=actor, now=now)
    return version
