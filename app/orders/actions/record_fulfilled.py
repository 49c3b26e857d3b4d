"""Units reached the buyer: shipped to the address, or handed over at a point."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
from app.orders import sql
from app.orders.actions.change_states import Line, StateChange, change_states, require_order
from app.orders.events import OrderCompleted
from app.orders.model import (
    FulfillmentStatus,
    LineCounts,
    OrderHistoryKind,
    OrderStatus,
    fulfillment_status_of,
    next_order_status,
)


async def record_fulfilled(
    tx: WriteTx,
    order_id: UUID,
    quantities: Mapping[int, int],
    *,
    before: Sequence[Line] = (),
    actor: str,
    now: datetime,
) -> OrderStatus:
    """Count units (by line number, at least one each) as fulfilled. Returns the order's status.

    When nothing is left open the order becomes COMPLETED. before: lines of its history that come before the one that
    tells of it. Raises NotFound, InvalidTransition when the order
    is not placed, TooManyFulfilled when a line waits for fewer units; then nothing may be kept of the
    transaction.
    """
    orders, told = {order_id: await require_order(tx, order_id)}, {order_id: before}
    return (await fulfill_orders(tx, orders, {order_id: quantities}, before=told, actor=actor, now=now))[order_id]


async def fulfill_orders(
    tx: WriteTx,
    orders: Mapping[UUID, Row],
    quantities: Mapping[UUID, Mapping[int, int]],
    *,
    before: Mapping[UUID, Sequence[Line]],
    actor: str,
    now: datetime,
) -> dict[UUID, OrderStatus]:
    """The same for many orders, whose locked rows are among `orders`: their statuses. before: by order."""
    for order in (orders[order_id] for order_id in quantities):
        if order["status"] != OrderStatus.PLACED:
            message = f"An order that is {order['status']} is not being fulfilled."
            raise InvalidTransition(message, current_status=order["status"])
    counted = await sql.fulfill_units(tx, quantities)
    changes = [
        _change(orders[order_id], units, counted[order_id], before.get(order_id, ()))
        for order_id, units in quantities.items()
    ]
    await change_states(tx, changes, actor=actor, now=now)
    return {change.order["id"]: OrderStatus(change.status or change.order["status"]) for change in changes}


def _change(
    order: Row, quantities: Mapping[int, int], counts: Mapping[int, LineCounts], before: Sequence[Line]
) -> StateChange:
    fulfilled = fulfillment_status_of(counts.values())
    is_complete = fulfilled is FulfillmentStatus.FULFILLED
    return StateChange(
        order,
        OrderHistoryKind.COMPLETED if is_complete else OrderHistoryKind.PARTIALLY_FULFILLED,
        status=next_order_status(order["status"], OrderStatus.COMPLETED) if is_complete else None,
        fulfillment_status=fulfilled,
        before=tuple(before),
        facts={"quantities": {str(line_no): quantity for line_no, quantity in quantities.items()}},
        events=(OrderCompleted(order["id"]),) if is_complete else (),
    )
