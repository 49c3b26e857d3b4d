"""Nothing of an order is open any more: neither is its payment."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.orders.actions.set_payment_status import set_payment_status
from app.orders.model import OrderStatus
from app.orders.sql import lock_order
from app.payments.actions.capture_payment import capture_payment
from app.payments.actions.void_payment import void_payment
from app.payments.model import PaymentStatus


async def close_payment(tx: WriteTx, order_id: UUID, *, actor: str, now: datetime) -> None:
    """Give up the payment of an order that was canceled; end one at the counter with the order's last pickup.

    What was paid at the counter by then is all: the other units were given up. Payments of open orders stay as they
    are, and those by card are taken by the job that hears of the order's completion. May be repeated.
    """
    order = await lock_order(tx, order_id)
    if order is None:
        return
    if order.status == OrderStatus.CANCELED:
        await void_payment(tx, order_id, now=now)
    elif order.status == OrderStatus.COMPLETED and order.payment_status == PaymentStatus.DUE_AT_PICKUP:
        payment = await capture_payment(tx, order_id, amount_minor=0, now=now)
        captured = payment["captured_minor"]
        await set_payment_status(tx, order_id, PaymentStatus.CAPTURED, captured_minor=captured, actor=actor, now=now)
