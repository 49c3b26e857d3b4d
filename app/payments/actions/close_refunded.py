"""All that was taken is given back."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.payments import sql
from app.payments.model import PaymentStatus, next_payment_status


async def close_refunded(tx: WriteTx, order_id: UUID, *, now: datetime) -> bool:
    """The order's payment becomes REFUNDED when nothing of it is left and no refund is under way; whether it did."""
    payment = await sql.lock_payment(tx, order_id)
    if payment is None or payment["status"] != PaymentStatus.CAPTURED:
        return False
    if not await sql.is_all_refunded(tx, payment["id"]):
        return False
    refunded = next_payment_status(payment["status"], PaymentStatus.REFUNDED)
    await sql.update_payment(tx, payment["id"], refunded, now=now)
    return True
