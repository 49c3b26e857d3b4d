"""An order is canceled as a whole, before any of it was handed over."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.orders import sql
from app.orders.actions.change_states import StateChange, change_states, require_order
from app.orders.model import (
    FulfillmentStatus,
    OrderHistoryKind,
    OrderStatus,
    fulfillment_status_of,
    next_order_status,
)
from app.payments.model import PaymentStatus, next_payment_status, payment_status_when_canceled

_HANDED_OVER = (FulfillmentStatus.PARTIALLY_FULFILLED, FulfillmentStatus.FULFILLED)


async def mark_canceled(
    tx: WriteTx, order_id: UUID, *, reason: str, actor: str, now: datetime, payment_status: str | None = None
) -> int:
    """The order becomes CANCELED and all its open units with it. Returns the new version.

    payment_status: what has become of the payment; by default a payment that was not taken yet is VOIDED.
    The caller releases the stock and settles the payment. Raises NotFound, or InvalidTransition when the
    order is canceled or completed already or a part of it was handed over.
    """
    order = await require_order(tx, order_id)
    if order["fulfillment_status"] in _HANDED_OVER:
        message = "A part of this order was handed over already."
        raise InvalidTransition(message, current_status=order["fulfillment_status"])
    status = next_order_status(order["status"], OrderStatus.CANCELED)
    paid = order["payment_status"]
    paid = (
        payment_status_when_canceled(paid)
        if payment_status is None
        else next_payment_status(paid, PaymentStatus(payment_status))
    )
    await tx.execute(sql.CANCEL_OPEN_UNITS, order_id=order_id)
    counts = await sql.counts_of(tx, order_id)
    change = StateChange(
        order,
        OrderHistoryKind.CANCELED,
        status=status,
        payment_status=paid,
        fulfillment_status=fulfillment_status_of(counts.values()),
        canceled_at=now,
        facts={"reason": reason},
    )
    [version] = await change_states(tx, [change], actor=actor, now=now)
    return version
