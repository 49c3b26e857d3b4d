"""The provider has said whether it gave money back."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.settle_refunds import follow_refund
from app.kit.db import WriteTx
from app.kit.permissions import SYSTEM
from app.orders.actions.add_history import add_history
from app.orders.actions.change_states import require_order
from app.orders.model import OrderHistoryKind
from app.payments.actions.end_refund import end_refund
from app.payments.model import RefundResult


async def record_refund(tx: WriteTx, order_id: UUID, refund_id: UUID, result: RefundResult, *, now: datetime) -> None:
    """The refund is DONE, or FAILED and to be tried again by a person: the case REFUND_DUE comes back. Repeating it
    changes nothing.
    """
    await require_order(tx, order_id)
    refund = await end_refund(tx, refund_id, result, now=now)
    if refund is None:
        return
    facts = {"amountMinor": refund["amount_minor"], "reason": refund["reason"]}
    kind = OrderHistoryKind.REFUND_DONE
    if result.failure is not None:
        kind, facts = OrderHistoryKind.REFUND_FAILED, {**facts, "failure": result.failure}
    await add_history(tx, order_id, kind, actor=SYSTEM.reference, now=now, facts=facts)
    await follow_refund(tx, order_id, actor=SYSTEM.reference, now=now)
