"""A payment is given up before the money was taken."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.payments import sql
from app.payments.model import PaymentStatus, next_payment_status

_ENDED = (PaymentStatus.VOIDED, PaymentStatus.FAILED, PaymentStatus.REFUNDED)


async def void_payment(tx: WriteTx, order_id: UUID, *, now: datetime) -> Row | None:
    """The order's payment becomes VOIDED. Returns its row, or None when the order has none.

    A payment that has ended already stays as it is. The provider is told outside of the transaction. Raises
    InvalidTransition when the money was taken: that is a refund.
    """
    payment = await sql.lock_payment(tx, order_id)
    if payment is None or payment["status"] in _ENDED:
        return payment
    return await sql.update_payment(
        tx, payment["id"], next_payment_status(payment["status"], PaymentStatus.VOIDED), now=now
    )


async def void_payments(tx: WriteTx, order_ids: Collection[UUID], *, now: datetime) -> None:
    """The same for many orders. Money that was taken stays: it is given back by a refund."""
    payments = await sql.lock_payments(tx, order_ids)
    given_up = [payment for payment in payments.values() if payment["status"] not in (*_ENDED, PaymentStatus.CAPTURED)]
    for payment in given_up:
        next_payment_status(payment["status"], PaymentStatus.VOIDED)
    if given_up:
        await sql.void(tx, [payment["id"] for payment in given_up], now=now)
