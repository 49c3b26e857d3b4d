"""A refund has ended."""

from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.payments import sql
from app.payments.model import RefundResult, RefundStatus


async def end_refund(tx: WriteTx, refund_id: UUID, result: RefundResult, *, now: datetime) -> Row | None:
    """A PENDING refund becomes DONE or FAILED, by the provider's answer. Returns it as it was; None, changing nothing,
    when it has ended before or does not exist. What failed can be given back anew.
    """
    refund = await sql.lock_refund(tx, refund_id)
    if refund is None or refund["status"] != RefundStatus.PENDING:
        return None
    await sql.end_refund(
        tx,
        refund_id,
        status=str(RefundStatus.DONE if result.failure is None else RefundStatus.FAILED),
        reference=result.reference,
        failure=result.failure,
        now=now,
    )
    return refund
