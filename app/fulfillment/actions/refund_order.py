"""Money that was taken for an order is given back."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.settle_refunds import follow_refund
from app.fulfillment.events import RefundStarted
from app.kit.db import WriteTx
from app.kit.outbox import publish
from app.orders.actions.add_history import add_history
from app.orders.actions.change_states import require_order
from app.orders.model import OrderHistoryKind
from app.payments.actions.start_refund import start_refund
from app.payments.model import RefundReason, RefundStatus


async def refund_order(
    tx: WriteTx,
    order_id: UUID,
    amount_minor: int,
    *,
    reason: RefundReason,
    note: str | None = None,
    actor: str,
    now: datetime,
) -> UUID:
    """Give back so much; the refund's id. A card company is asked after the commit, by the job that hears of it.

    The case REFUND_DUE ends with what it asks for. Raises NotFound, InvalidInput, InvalidTransition when the order's
    payment is not CAPTURED, RefundTooLarge.
    """
    await require_order(tx, order_id)
    refund_id, status = await start_refund(tx, order_id, amount_minor, reason=reason, note=note, actor=actor, now=now)
    facts = {"amountMinor": amount_minor, "reason": str(reason)}
    if status is RefundStatus.PENDING:
        await add_history(tx, order_id, OrderHistoryKind.REFUND_STARTED, actor=actor, now=now, facts=facts)
        await publish(tx, RefundStarted(refund_id=refund_id))
    else:
        await add_history(tx, order_id, OrderHistoryKind.REFUND_DONE, actor=actor, now=now, facts=facts)
    await follow_refund(tx, order_id, actor=actor, now=now)
    return refund_id
