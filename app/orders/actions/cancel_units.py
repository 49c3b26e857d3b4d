"""Some units of an order will not reach the buyer: nobody collected them, or they were lost on their way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.capacity.actions.release_slots import release_slots
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
from app.orders import sql
from app.orders.actions.change_states import Line, StateChange, change_states, require_order
from app.orders.events import OrderCompleted
from app.orders.model import (
    FulfillmentStatus,
    OrderHistoryKind,
    OrderStatus,
    fulfillment_status_of,
    next_order_status,
)
from app.payments.model import payment_status_when_canceled


@dataclass(frozen=True, slots=True)
class Why:
    """reason: as histories tell it. before: lines of histories that come before that one, by order."""

    reason: str
    before: Mapping[UUID, Sequence[Line]] = field(default_factory=dict[UUID, Sequence[Line]])


async def cancel_units(
    tx: WriteTx, order_id: UUID, quantities: Mapping[int, int], *, reason: str, actor: str, now: datetime
) -> OrderStatus:
    """Count open units (by line number, at least one each) of a placed order as canceled.

    Returns the order's status: COMPLETED when all other units were handed over, CANCELED when none was and
    none is left open; its payment is then VOIDED unless the money was taken. The caller releases the stock
    and settles the payment. Raises NotFound, InvalidTransition when the order is not placed,
    TooManyFulfilled when a line waits for fewer units; then nothing may be kept of the transaction.
    """
    orders = {order_id: await require_order(tx, order_id)}
    canceled = {order_id: quantities}
    return (await cancel_units_of_orders(tx, orders, canceled, why=Why(reason), actor=actor, now=now))[order_id]


async def cancel_units_of_orders(
    tx: WriteTx,
    orders: Mapping[UUID, Row],
    quantities: Mapping[UUID, Mapping[int, int]],
    *,
    why: Why,
    actor: str,
    now: datetime,
) -> dict[UUID, OrderStatus]:
    """The same for many orders, whose locked rows are among `orders`: their statuses. Those that are canceled
    have no pickup slot any more.
    """
    for order in (orders[order_id] for order_id in quantities):
        if order["status"] != OrderStatus.PLACED:
            message = f"An order that is {order['status']} has no open units."
            raise InvalidTransition(message, current_status=order["status"])
    counted = await sql.cancel_open_units(tx, quantities)
    goods = {order_id: fulfillment_status_of(counted[order_id].values()) for order_id in quantities}
    changes = [_change(orders[order_id], goods[order_id], units, why, now) for order_id, units in quantities.items()]
    await change_states(tx, changes, actor=actor, now=now)
    ended = [order_id for order_id in quantities if _status_after(goods[order_id]) is OrderStatus.CANCELED]
    if ended:
        await release_slots(tx, ended)
    return {order_id: _status_after(goods[order_id]) for order_id in quantities}


def _change(
    order: Row, goods: FulfillmentStatus, quantities: Mapping[int, int], why: Why, now: datetime
) -> StateChange:
    status = _status_after(goods)
    is_canceled = status is OrderStatus.CANCELED
    return StateChange(
        order,
        OrderHistoryKind.UNITS_CANCELED,
        status=next_order_status(order["status"], status) if status is not OrderStatus.PLACED else None,
        payment_status=payment_status_when_canceled(order["payment_status"]) if is_canceled else None,
        fulfillment_status=goods,
        canceled_at=now if is_canceled else None,
        before=tuple(why.before.get(order["id"], ())),
        facts={"reason": why.reason, "quantities": {str(line): units for line, units in quantities.items()}},
        events=(OrderCompleted(order["id"]),) if status is OrderStatus.COMPLETED else (),
    )


def _status_after(goods: FulfillmentStatus) -> OrderStatus:
    """What the whole order becomes when its goods stand like this."""
    if goods is FulfillmentStatus.FULFILLED:
        return OrderStatus.COMPLETED
    return OrderStatus.CANCELED if goods is FulfillmentStatus.CANCELED else OrderStatus.PLACED
