"""Money that was taken goes back, all of it or a part."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from app.payments import sql
from app.payments.errors import RefundTooLarge
from app.payments.model import PaymentStatus, RefundReason, RefundStatus, provider_of


async def start_refund(
    tx: WriteTx,
    order_id: UUID,
    amount_minor: int,
    *,
    reason: RefundReason,
    note: str | None,
    actor: str,
    now: datetime,
) -> tuple[UUID, RefundStatus]:
    """Give back so much of an order's payment; the refund's id, and its status.

    PENDING where a provider has to be asked, outside of the transaction. What was paid at a counter or in another
    system is given back there: it is DONE. Raises NotFound, InvalidInput for nothing, InvalidTransition when the
    payment is not CAPTURED, RefundTooLarge.
    """
    payment = await sql.lock_payment(tx, order_id)
    if payment is None:
        message = "This order has no payment."
        raise NotFound(message)
    if amount_minor <= 0:
        message = "Something has to be given back."
        raise InvalidInput(message, path=["input", "amountMinor"])
    if payment["status"] != PaymentStatus.CAPTURED:
        message = f"There is nothing to be given back of a payment that is {payment['status']}."
        raise InvalidTransition(message, current_status=payment["status"])
    left = payment["captured_minor"] - payment["refunded_minor"]
    if amount_minor > left:
        raise RefundTooLarge(left)
    refund_id = new_id()
    status = RefundStatus.DONE if provider_of(payment["method"]) is None else RefundStatus.PENDING
    await sql.insert_refund(
        tx,
        id=refund_id,
        payment_id=payment["id"],
        order_id=order_id,
        amount_minor=amount_minor,
        currency=payment["currency"],
        status=str(status),
        reason=str(reason),
        note=note,
        actor=actor,
        now=now,
    )
    return refund_id, status
