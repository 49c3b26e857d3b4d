"""Some units of an order will not reach the buyer: nobody collected them, or they were lost on their way."""

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
from app.payments.model import payment_status_when_canceled


async def cancel_units(
    tx: WriteTx, order_id: UUID, quantities: Mapping[int, int], *, reason: str, actor: str, now: datetime
) -> OrderStatus:
    """Count open units (by line number, at least one each) of a placed order as canceled.

    Returns the order's status: COMPLETED when all other units were handed over, CANCELED when none was and
    none is left open; its payment is then VOIDED unless the money was taken. The caller releases the stock
    and settles the payment. Raises NotFound, InvalidTransition when the order is not placed,
    TooManyFulfilled when a line waits for fewer units; then nothing may be kept of the transaction.
    """
    order = await require_order(tx, order_id)
    if order["status"] != OrderStatus.PLACED:
        message = f"An order that is {order['status']} has no open units."
        raise InvalidTransition(message, current_status=order["status"])
    counted = await tx.fetch(
        sql.CANCEL_UNITS, order_id=order_id, line_nos=list(quantities), quantities=list(quantities.values())
    )
    counts = await sql.counts_of(tx, order_id)
    for line_no in sorted(quantities.keys() - {row["line_no"] for row in counted}):
        available = counts[line_no].open if line_no in counts else 0
        message = f"Line {line_no} waits for {available} units, not for {quantities[line_no]}."
        raise TooManyFulfilled(message, requested=quantities[line_no], available=available)
    goods = fulfillment_status_of(counts.values())
    status = _status_after(goods)
    paid = order["payment_status"]
    change = StateChange(
        order,
        OrderHistoryKind.UNITS_CANCELED,
        status=next_order_status(order["status"], status) if status is not OrderStatus.PLACED else None,
        payment_status=payment_status_when_canceled(paid) if status is OrderStatus.CANCELED else None,
        fulfillment_status=goods,
        canceled_at=now if status is OrderStatus.CANCELED else None,
        facts={"reason": reason, "quantities": {str(line): units for line, units in quantities.items()}},
        events=(OrderCompleted(order_id),) if status is OrderStatus.COMPLETED else (),
    )
    await change_states(tx, [change], actor=actor, now=now)
    return status


def _status_after(goods: FulfillmentStatus) -> OrderStatus:
    """What the whole order becomes when its goods stand like this."""
    if goods is FulfillmentStatus.FULFILLED:
        return OrderStatus.COMPLETED
    return OrderStatus.CANCELED if goods is FulfillmentStatus.CANCELED else OrderStatus.PLACED
