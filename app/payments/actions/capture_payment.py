"""The money is taken: a provider took what it had set aside, or the buyer paid at the counter."""

from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.payments import sql
from app.payments.model import PaymentStatus, next_payment_status


async def capture_payment(tx: WriteTx, order_id: UUID, *, now: datetime) -> Row | None:
    """The order's payment becomes CAPTURED. Returns its row; a captured one stays as it is.

    A provider must have been asked before, outside of the transaction. Raises NotFound, or
    InvalidTransition when the payment is in no state to be taken.
    """
    payment = await sql.lock_payment(tx, order_id)
    if payment is None:
        message = "This order has no payment."
        raise NotFound(message)
    if payment["status"] == PaymentStatus.CAPTURED:
        return payment
    return await sql.update_payment(
        tx, payment["id"], next_payment_status(payment["status"], PaymentStatus.CAPTURED), now=now
    )
