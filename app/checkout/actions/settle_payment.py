"""The card company has answered: the order is placed, or canceled and its units and cart given back."""

from datetime import datetime
from uuid import UUID

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.sql import stores_of_order
from app.inventory.actions.allocate_reserved import allocate_reserved
from app.kit.db import WriteTx
from app.orders.actions.change_states import change_states, require_order
from app.orders.actions.mark_placed import mark_placed
from app.orders.model import OrderHistoryKind, OrderStatus
from app.payments.actions.record_authorization import record_authorization
from app.payments.model import AuthorizationResult, PaymentStatus


async def settle_payment(
    tx: WriteTx, order_id: UUID, result: AuthorizationResult, *, actor: str, now: datetime
) -> OrderStatus:
    """Bring an order that waits for its payment to its end, once; returns the status that it has then.

    Authorized: the reservation becomes an allocation, transfers are raised, the order is PLACED. Declined:
    the units go back on sale, the order is CANCELED, its cart is open again. Raises NotFound, or
    ReservationExpired when the units were given back before the answer came: then nothing may be kept of the
    transaction, and `cancel_unpaid` ends the order.
    """
    if not result.is_authorized:
        return await cancel_unpaid(tx, order_id, declined=result, actor=actor, now=now)
    order = await require_order(tx, order_id)
    if order.status != OrderStatus.PENDING_PAYMENT:
        if order.status == OrderStatus.CANCELED:
            # The answer came after the order was given up. Telling of the voided payment again lets the
            # provider give up what it has set aside meanwhile.
            await change_states(tx, order, OrderHistoryKind.LATE_AUTHORIZATION, actor=actor, now=now)
        return OrderStatus(order.status)
    claims = await allocate_reserved(tx, order_id, actor=actor)
    await record_authorization(tx, order_id, result, now=now)
    stores = await stores_of_order(tx, order_id)
    await raise_transfers(tx, order_id, claims, stores, actor=actor, now=now)
    await mark_placed(tx, order_id, payment_status=PaymentStatus.AUTHORIZED, actor=actor, now=now)
    return OrderStatus.PLACED
