"""The provider has answered."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.payments import sql
from app.payments.model import AuthorizationResult, PaymentStatus, next_payment_status


async def record_authorizations(tx: WriteTx, results: Mapping[UUID, AuthorizationResult], *, now: datetime) -> None:
    """The PENDING payments of orders become AUTHORIZED or FAILED, in one statement. The same answer again changes
    nothing.

    results: by order id; the caller has locked the orders. Raises NotFound, or InvalidTransition when a payment ended
    otherwise before: then nothing may be kept of the transaction.
    """
    statuses = {
        order_id: PaymentStatus.AUTHORIZED if result.is_authorized else PaymentStatus.FAILED
        for order_id, result in results.items()
    }
    answered = await sql.answer_payments(tx, results, statuses, now=now)
    for order_id in results.keys() - answered:
        payment = await sql.payment_of(tx, order_id)
        if payment is None:
            message = "This order has no payment."
            raise NotFound(message)
        if payment["status"] != statuses[order_id]:
            next_payment_status(payment["status"], statuses[order_id])
