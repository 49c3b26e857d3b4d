"""An order whose payment did not come in time is given up."""

from datetime import datetime
from uuid import UUID

from app.inventory.actions.release_holds import release_holds
from app.kit.db import WriteTx
from app.orders.actions.change_states import require_order
from app.orders.actions.mark_canceled import mark_canceled
from app.orders.model import OrderStatus
from app.payments.actions.void_payment import void_payment

RESERVATION_EXPIRED = "RESERVATION_EXPIRED"


async def cancel_unpaid(tx: WriteTx, order_id: UUID, *, actor: str, now: datetime) -> OrderStatus:
    """Cancel an order that still waits for its payment, and void the payment; returns the status that it
    has then.

    An order in any other state stays as it is. The provider hears of the void from the order's change.
    Raises NotFound.
    """
    order = await require_order(tx, order_id)
    if order.status != OrderStatus.PENDING_PAYMENT:
        return OrderStatus(order.status)
    await release_holds(tx, order_id, actor=actor)
    await void_payment(tx, order_id, now=now)
    await mark_canceled(tx, order_id, reason=RESERVATION_EXPIRED, actor=actor, now=now)
    return OrderStatus.CANCELED
