"""Nothing of an order is open any more: neither is its payment."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.settle_refunds import settle_refunds
from app.kit.db import WriteTx
from app.orders.actions.set_payment_status import set_payment_status
from app.orders.model import OrderStatus
from app.orders.sql import lock_order, lock_orders
from app.payments.actions.capture_payment import capture_payment
from app.payments.actions.void_payment import void_payments
from app.payments.model import PaymentStatus


async def close_payment(tx: WriteTx, order_id: UUID, *, actor: str, now: datetime) -> None:
    """Give up the payment of an order that was canceled; end one at the counter with the order's last pickup. Of money
    that was taken, what is to be given back becomes a case.

    What was paid at the counter by then is all: the other units were given up. Payments of open orders stay as they
    are, and those by card are taken by the job that hears of the order's completion. May be repeated.
    """
    order = await lock_order(tx, order_id)
    if order is not None:
        await close_payments(tx, {order_id: order.status}, actor=actor, now=now)


async def close_payments(tx: WriteTx, statuses: Mapping[UUID, str], *, actor: str, now: datetime) -> None:
    """The same for many locked orders, whose statuses are these."""
    canceled = [order_id for order_id, status in statuses.items() if status == OrderStatus.CANCELED]
    completed = [order_id for order_id, status in statuses.items() if status == OrderStatus.COMPLETED]
    if canceled:
        await void_payments(tx, canceled, now=now)
    for order_id, order in (await lock_orders(tx, completed)).items() if completed else ():
        if order.payment_status == PaymentStatus.DUE_AT_PICKUP:
            payment = await capture_payment(tx, order_id, amount_minor=0, now=now)
            taken = payment["captured_minor"]
            await set_payment_status(tx, order_id, PaymentStatus.CAPTURED, captured_minor=taken, actor=actor, now=now)
    await settle_refunds(tx, statuses, now=now)
