"""Orders whose payments are settled are placed: fulfillment may begin."""

from collections.abc import Sequence
from datetime import datetime

from app.kit.db import Row, WriteTx
from app.orders.actions.change_states import StateChange, change_states
from app.orders.events import OrderPlaced
from app.orders.model import OrderHistoryKind, OrderStatus, next_order_status
from app.payments.model import PaymentStatus, next_payment_status


async def mark_placed(
    tx: WriteTx, orders: Sequence[Row], *, payment_status: PaymentStatus, actor: str, now: datetime
) -> list[int]:
    """PENDING_PAYMENT becomes PLACED, the payment `payment_status`. The new versions, in the order of the orders.

    orders: their locked rows. Raises InvalidTransition when one of them is no longer waiting for its payment.
    """
    changes = [
        StateChange(
            order,
            OrderHistoryKind.PLACED,
            status=next_order_status(order["status"], OrderStatus.PLACED),
            payment_status=next_payment_status(order["payment_status"], payment_status),
            facts={"paymentStatus": str(payment_status)},
            events=(OrderPlaced(order["id"]),),
        )
        for order in orders
    ]
    return await change_states(tx, changes, actor=actor, now=now)
