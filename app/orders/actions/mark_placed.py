"""An order whose payment is settled is placed: fulfillment may begin."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.orders.actions.change_states import change_states, require_order
from app.orders.events import OrderPlaced
from app.orders.model import OrderHistoryKind, OrderStatus, next_order_status
from app.payments.model import PaymentStatus, next_payment_status


async def mark_placed(tx: WriteTx, order_id: UUID, *, payment_status: str, actor: str, now: datetime) -> int:
    """PENDING_PAYMENT becomes PLACED, the payment `payment_status`. Returns the new version.

    Raises NotFound, or InvalidTransition when the order is no longer waiting for its payment.
    """
    order = await require_order(tx, order_id)
    return await change_states(
        tx,
        order,
        OrderHistoryKind.PLACED,
        status=next_order_status(order["status"], OrderStatus.PLACED),
        payment_status=next_payment_status(order["payment_status"], PaymentStatus(payment_status)),
        actor=actor,
        now=now,
        facts={"paymentStatus": str(payment_status)},
        events=(OrderPlaced(order_id),),
    )
