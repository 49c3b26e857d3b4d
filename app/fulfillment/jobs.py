"""What fulfillment does by itself: it hears of orders and transfers, and lets old pickups expire."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from app.fulfillment.actions.ask_silent_points import ask_silent_points
from app.fulfillment.actions.cancel_missing_units import cancel_missing_units
from app.fulfillment.actions.expire_due_pickups import expire_due_pickups
from app.fulfillment.actions.follow_moved_units import follow_moved_units
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.prune_sandbox import prune_sandbox
from app.fulfillment.actions.record_refund import record_refund
from app.fulfillment.actions.redate_promises import redate_promises
from app.fulfillment.actions.remind_pickups import remind_pickups
from app.fulfillment.actions.settle_refunds import settle_refunds
from app.fulfillment.sql.code_refusals import forget_refusals
from app.fulfillment.sql.due_pickups import pickups_to_give_up, pickups_to_remind
from app.kit.db import Database, WriteTx
from app.kit.permissions import SYSTEM
from app.kit.sweeps import sweep
from app.orders.actions.set_payment_status import set_payment_status
from app.orders.sql import canceled_value, lock_order
from app.payments.actions.capture_payment import capture_payment
from app.payments.model import PaymentStatus, RefundStatus, provider_of
from app.payments.sql import payment_of, refund_of

SWEEP_BATCH: Final = 1_000


async def order_placed(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Work is planned, for a new order or for units that it waited for."""
    del payload
    await db.in_write(lambda tx: plan_work(tx, UUID(event_key), now=now))


async def transfer_changed(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Work moves on with the goods."""
    del payload
    await db.in_write(lambda tx: follow_transfer(tx, UUID(event_key), now=now))


async def promise_broken(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """What is not there does not reach the buyer."""
    missing = {int(payload["line_no"]): int(payload["quantity"])}
    await db.in_write(lambda tx: cancel_missing_units(tx, UUID(event_key), missing, now=now))


async def promises_moved(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Other people than planned pick, ship or send it."""
    del payload
    await db.in_write(lambda tx: follow_moved_units(tx, UUID(event_key), now=now))


async def order_completed(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Money that was set aside is taken, less what units cost that never reached the buyer.

    The provider is asked outside of the transaction, and again after a crash. The payment's id makes repeated calls
    harmless. Raises ProviderUnreachable; the job is then tried again.
    """
    del payload
    order_id = UUID(event_key)
    async with db.read() as tx:
        payment = await payment_of(tx, order_id)
        canceled_minor = await canceled_value(tx, order_id)
    if payment is None or payment.status != PaymentStatus.AUTHORIZED:
        return
    amount_minor = max(payment.amount_minor - canceled_minor, 0)
    provider = provider_of(payment.method)
    if provider is not None:
        await provider.capture(payment.id, payment.provider_reference, amount_minor)

    async def record(tx: WriteTx) -> None:
        await lock_order(tx, order_id)
        await capture_payment(tx, order_id, amount_minor=amount_minor, now=now)
        status, actor = PaymentStatus.CAPTURED, SYSTEM.reference
        await set_payment_status(tx, order_id, status, captured_minor=amount_minor, actor=actor, now=now)
        # What has come back since the amount was read was taken all the same.
        await settle_refunds(tx, [order_id], now=now)

    await db.in_write(record)


async def order_changed(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """The provider gives up what it had set aside for an order that was canceled. Repeating it is harmless."""
    del now
    if payload["payment_status"] != PaymentStatus.VOIDED:
        return
    async with db.read() as tx:
        payment = await payment_of(tx, UUID(event_key))
    if payment is None or payment.status != PaymentStatus.VOIDED:
        return
    provider = provider_of(payment.method)
    if provider is not None:
        await provider.void(payment.id)


async def refund_started(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """The provider is asked outside of the transaction, and again after a crash: the refund's id makes that harmless.

    Raises ProviderUnreachable; the job is then tried again.
    """
    del payload
    refund_id = UUID(event_key)
    async with db.read() as tx:
        refund = await refund_of(tx, refund_id)
        payment = None if refund is None else await payment_of(tx, refund.order_id)
    if refund is None or payment is None or refund.status != RefundStatus.PENDING:
        return
    provider = provider_of(payment.method)
    if provider is not None:
        result = await provider.refund(refund_id, payment.provider_reference, refund.amount_minor)
        await db.in_write(lambda tx: record_refund(tx, refund.order_id, refund_id, result, now=now))


async def expire_pickups(db: Database, *, now: datetime) -> int:
    """Give up what was not collected at own stores a while after its time; returns how many pickups."""
    return await sweep(db, partial(pickups_to_give_up, now=now), partial(expire_due_pickups, now=now))


async def remind_buyers(db: Database, *, now: datetime) -> int:
    """Tell of pickups whose time is nearly over; returns how many."""
    return await sweep(db, partial(pickups_to_remind, now=now), partial(remind_pickups, now=now))


async def forget_wrong_codes(db: Database, *, now: datetime) -> None:
    """What was counted in past hours limits nobody any more."""
    await db.in_write(lambda tx: forget_refusals(tx, before=now - timedelta(days=1)))


async def ask_points(db: Database, *, now: datetime) -> int:
    """Open cases about points that say nothing; returns how many."""
    return await _sweep(db, ask_silent_points, now)


async def redate(db: Database, *, now: datetime) -> int:
    """Move promises on whose goods are late; returns of how many orders."""
    return await _sweep(db, redate_promises, now)


async def forget_tests(db: Database, *, now: datetime) -> int:
    """Delete test pickups of partners after 30 days; returns how many."""
    return await _sweep(db, prune_sandbox, now)


async def _sweep(db: Database, action: Callable[..., Awaitable[int]], now: datetime) -> int:
    """Batch after batch, each in a transaction of its own, until nothing is left that is free."""
    swept = 0
    while some := await db.in_write(lambda tx: action(tx, now=now, limit=SWEEP_BATCH)):
        swept += some
    return swept


HANDLERS: Final = {
    "order_placed": order_placed,
    "backorder_served": order_placed,
    "promise_broken": promise_broken,
    "promises_moved": promises_moved,
    "order_completed": order_completed,
    "order": order_changed,
    "refund_started": refund_started,
    "transfer_created": transfer_changed,
    "transfer_changed": transfer_changed,
    "transfer_shipped": transfer_changed,
    "transfer_received": transfer_changed,
    "transfer_canceled": transfer_changed,
}
SCHEDULES: Final = {
    "expire-pickups": ("*/10 * * * *", expire_pickups),
    "remind-buyers": ("*/10 * * * *", remind_buyers),
    "forget-wrong-codes": ("41 3 * * *", forget_wrong_codes),
    "forget-tests": ("17 4 * * *", forget_tests),
    "redate-promises": ("*/10 * * * *", redate),
    "ask-points": ("*/30 * * * *", ask_points),
}
