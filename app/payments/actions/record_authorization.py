"""The provider has answered."""

from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.payments import sql
from app.payments.model import AuthorizationResult, PaymentStatus, next_payment_status


async def record_authorization(tx: WriteTx, order_id: UUID, result: AuthorizationResult, *, now: datetime) -> Row:
    """The order's PENDING payment becomes AUTHORIZED or FAILED. Returns its row; the same answer again
    changes nothing.

    Raises NotFound, or InvalidTransition when the payment ended otherwise meanwhile.
    """
    payment = await sql.lock_payment(tx, order_id)
    if payment is None:
        message = "This order has no payment."
        raise NotFound(message)
    wanted = PaymentStatus.AUTHORIZED if result.is_authorized else PaymentStatus.FAILED
    if payment["status"] == wanted:
        return payment
    return await sql.update_payment(
        tx,
        payment["id"],
        next_payment_status(payment["status"], wanted),
        reference=result.reference,
        failure=None if result.is_authorized else (result.failure or "declined"),
        now=now,
    )
