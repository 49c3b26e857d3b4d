"""The money is taken: a provider took what it had set aside, or the buyer paid at the counter."""

from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.payments import sql
from app.payments.model import PaymentStatus, next_payment_status


async def capture_payment(
    tx: WriteTx, order_id: UUID, *, amount_minor: int | None = None, is_last: bool = True, now: datetime
) -> Row:
    """Take `amount_minor` more of the order's payment (None: all that is left of it). Returns its row.

    With the last amount the payment becomes CAPTURED, even if less than the order's total was taken: some units
    were not handed over. Before it, it stays as it is. A captured one changes no more. A provider must have been
    asked before, outside of the transaction. Raises NotFound, or InvalidTransition when the payment is in no state
    to be taken.
    """
    payment = await sql.lock_payment(tx, order_id)
    if payment is None:
        message = "This order has no payment."
        raise NotFound(message)
    if payment["status"] == PaymentStatus.CAPTURED:
        return payment
    captured = next_payment_status(payment["status"], PaymentStatus.CAPTURED)
    left: int = payment["amount_minor"] - payment["captured_minor"]
    return await sql.update_payment(
        tx,
        payment["id"],
        captured if is_last else payment["status"],
        taken_minor=left if amount_minor is None else amount_minor,
        now=now,
    )
