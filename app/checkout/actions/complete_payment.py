"""Ask the card company, outside of any transaction, and settle with its answer; safe to repeat at any time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.settle_payments import settle_payments
from app.inventory.errors import ReservationExpired
from app.inventory.sql import claims_of
from app.kit.db import Database, Row, WriteTx
from app.kit.errors import DomainError
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


@dataclass(frozen=True, slots=True)
class _Authorized:
    """A yes of the card company."""

    order_id: UUID
    result: AuthorizationResult
    actor: str
    now: datetime


async def complete_payment(
    db: Database, order_id: UUID, *, actor: str, now: datetime, asked: AuthorizationRequest | None = None
) -> PaymentOutcome:
    """Bring the payment of an order to its end, whoever else is doing so at this moment.

    asked: what the company has to be asked, from who has just begun the payment; None: that is looked up. SETTLED:
    there is nothing left to ask. WAITING: the provider gave no answer; a job asks again with the same key. DECLINED:
    the order is canceled and its cart open again. TOO_LATE: the same, because the reservation ended first; the payment
    is void.
    """
    is_held = True
    if asked is None:
        async with db.read() as tx:
            payment = await payment_of(tx, order_id)
            is_waiting = payment is not None and payment.status == PaymentStatus.PENDING
            is_held = is_waiting and bool(await claims_of(tx, order_id))
        if payment is None or not is_waiting:
            return _outcome_of(payment)
        asked = AuthorizationRequest(payment.id, payment.amount_minor, payment.currency, payment.token)
    result = await _ask(asked) if is_held else None
    if is_held and result is None:
        return PaymentOutcome.WAITING
    status = await _settle(db, order_id, result, actor=actor, now=now)
    if status is OrderStatus.CANCELED:
        async with db.read() as tx:
            return _outcome_of(await payment_of(tx, order_id))
    return PaymentOutcome.SETTLED


async def _ask(request: AuthorizationRequest) -> AuthorizationResult | None:
    """The company's final answer, or None when there is none yet."""
    provider = provider_of(PaymentMethod.CARD)
    if provider is None:
        message = "A payment by card waits for a provider."
        raise AssertionError(message)
    try:
        async with asyncio.timeout(PROVIDER_TIMEOUT_S):
            return await provider.authorize(request)
    except (ProviderUnreachable, TimeoutError):
        return None


async def _settle(
    db: Database, order_id: UUID, result: AuthorizationResult | None, *, actor: str, now: datetime
) -> OrderStatus:
    if result is not None and result.is_authorized:
        try:
            return await db.group(_settle_group, apart=actor).ask(_Authorized(order_id, result, actor, now))
        except ReservationExpired:
            result = None  # The units went back on sale while the company thought; they never come back by themselves.
    return await db.in_write(lambda tx: cancel_unpaid(tx, order_id, declined=result, actor=actor, now=now))


async def _settle_group(tx: WriteTx, asked: Sequence[_Authorized]) -> Sequence[OrderStatus | DomainError]:
    results = {one.order_id: one.result for one in asked}
    answers = await settle_payments(tx, results, actor=asked[0].actor, now=max(one.now for one in asked))
    return [answers[one.order_id] for one in asked]


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
