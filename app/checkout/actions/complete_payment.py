"""Ask the card company, outside of any transaction, and settle with its answer; safe to repeat at any time."""

import asyncio
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.settle_payment import settle_payment
from app.inventory.errors import ReservationExpired
from app.inventory.sql import claims_of
from app.kit.db import Database, Row
from app.orders.model import OrderStatus
from app.payments.errors import ProviderUnreachable
from app.payments.model import (
    PROVIDER_TIMEOUT_S,
    AuthorizationRequest,
    AuthorizationResult,
    PaymentMethod,
    PaymentStatus,
    provider_of,
)
from app.payments.sql import payment_of


class PaymentOutcome(StrEnum):
    """What the buyer is told of the payment."""

    SETTLED = "SETTLED"
    WAITING = "WAITING"
    DECLINED = "DECLINED"
    TOO_LATE = "TOO_LATE"


async def complete_payment(db: Database, order_id: UUID, *, actor: str, now: datetime) -> PaymentOutcome:
    """Bring the payment of an order to its end, whoever else is doing so at this moment.

    SETTLED: there is nothing left to ask. WAITING: the provider gave no answer; a job asks again with the
    same key. DECLINED: the order is canceled and its cart open again. TOO_LATE: the same, because the
    reservation ended first; the payment is void.
    """
    async with db.read() as tx:
        payment = await payment_of(tx, order_id)
        is_held = bool(await claims_of(tx, order_id)) if _is_waiting(payment) else False
    if payment is None or not _is_waiting(payment):
        return _outcome_of(payment)
    result = await _ask(payment) if is_held else None
    if is_held and result is None:
        return PaymentOutcome.WAITING
    status = await _settle(db, order_id, result, actor=actor, now=now)
    if status is OrderStatus.CANCELED:
        async with db.read() as tx:
            return _outcome_of(await payment_of(tx, order_id))
    return PaymentOutcome.SETTLED


async def _ask(payment: Row) -> AuthorizationResult | None:
    """The provider's final answer, or None when there is none yet."""
    provider = provider_of(payment.method)
    if provider is None:
        message = f"A payment by {payment.method} waits for a provider."
        raise AssertionError(message)
    request = AuthorizationRequest(
        key=payment.id, amount_minor=payment.amount_minor, currency=payment.currency, token=payment.token
    )
    try:
        async with asyncio.timeout(PROVIDER_TIMEOUT_S):
            return await provider.authorize(request)
    except (ProviderUnreachable, TimeoutError):
        return None


async def _settle(
    db: Database, order_id: UUID, result: AuthorizationResult | None, *, actor: str, now: datetime
) -> OrderStatus:
    if result is not None:
        try:
            return await db.in_write(lambda tx: settle_payment(tx, order_id, result, actor=actor, now=now))
        except ReservationExpired:
            pass  # The units went back on sale while the provider thought; they never come back by themselves.
    return await db.in_write(lambda tx: cancel_unpaid(tx, order_id, actor=actor, now=now))


def _is_waiting(payment: Row | None) -> bool:
    return payment is not None and payment.status == PaymentStatus.PENDING


def _outcome_of(payment: Row | None) -> PaymentOutcome:
    """What is said of a payment that has ended."""
    if payment is None:
        return PaymentOutcome.SETTLED
    if payment.status == PaymentStatus.FAILED:
        return PaymentOutcome.DECLINED
    # A payment that was authorized and voided later belongs to an order that was canceled after it was placed.
    never_authorized = payment.method == PaymentMethod.CARD and payment.provider_reference is None
    is_late = never_authorized and payment.status == PaymentStatus.VOIDED
    return PaymentOutcome.TOO_LATE if is_late else PaymentOutcome.SETTLED
