"""An order that will not be paid is given up, and its cart is the buyer's again."""

from datetime import datetime
from uuid import UUID

from app.capacity.actions.release_compartments import release_compartments
from app.capacity.actions.release_slots import release_slots
from app.carts.actions.reopen_cart import reopen_cart
from app.checkout.sql import lock_cart_of_order
from app.inventory.actions.release_holds import release_holds
from app.kit.db import WriteTx
from app.orders.actions.change_states import require_order
from app.orders.actions.mark_canceled import mark_canceled
from app.orders.actions.release_source import release_source
from app.orders.model import OrderStatus
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.actions.void_payment import void_payment
from app.payments.model import AuthorizationResult, PaymentStatus

PAYMENT_DECLINED = "PAYMENT_DECLINED"
RESERVATION_EXPIRED = "RESERVATION_EXPIRED"


async def cancel_unpaid(
    tx: WriteTx, order_id: UUID, *, declined: AuthorizationResult | None = None, actor: str, now: datetime
) -> OrderStatus:
    """Cancel an order that still waits for its payment; returns the status that it has then.

    The units go back on sale, and the cart that it came from is open for another try. declined: the
    provider's answer; None: the payment did not come in time and is voided, of which the provider hears from
    the order's change. An order in any other state stays as it is, and so does its cart. Raises NotFound.
    """
    cart_id = await lock_cart_of_order(tx, order_id)
    order = await require_order(tx, order_id)
    if order.status != OrderStatus.PENDING_PAYMENT:
        return OrderStatus(order.status)
    await release_compartments(tx, [order_id], now=now)
    await release_slots(tx, [order_id])
    await release_holds(tx, order_id, actor=actor)
    if declined is None:
        await void_payment(tx, order_id, now=now)
        reason, paid = RESERVATION_EXPIRED, PaymentStatus.VOIDED
    else:
        await record_authorizations(tx, {order_id: declined}, now=now)
        reason, paid = PAYMENT_DECLINED, PaymentStatus.FAILED
    await mark_canceled(tx, order_id, reason=reason, payment_status=paid, actor=actor, now=now)
    if cart_id is not None:
        await release_source(tx, order_id)
        await reopen_cart(tx, cart_id, now=now)
    return OrderStatus.CANCELED
