"""The order follows its payment."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.orders.actions.change_states import StateChange, change_states, require_order
from app.orders.model import OrderHistoryKind
from app.payments.model import PaymentStatus, next_payment_status


async def set_payment_status(
    tx: WriteTx, order_id: UUID, status: str, *, captured_minor: int | None = None, actor: str, now: datetime
) -> int:
    """Where the order's money is now. Returns the order's version; repeating the present status changes
    nothing. captured_minor, for the history: what was taken altogether.

    Raises NotFound, or InvalidTransition when `status` cannot follow the present one.
    """
    order = await require_order(tx, order_id)
    if order["payment_status"] == status:
        return order["version"]
    change = StateChange(
        order,
        OrderHistoryKind.PAYMENT_CHANGED,
        payment_status=next_payment_status(order["payment_status"], PaymentStatus(status)),
        facts={"paymentStatus": str(status)} | ({} if captured_minor is None else {"capturedMinor": captured_minor}),
    )
    [version] = await change_states(tx, [change], actor=actor, now=now)
    return version
