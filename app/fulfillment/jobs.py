"""What fulfillment does by itself: it hears of orders and transfers, and lets old pickups expire."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.fulfillment.actions.cancel_missing_units import cancel_missing_units
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.follow_moved_units import follow_moved_units
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.model.pickups import EXPIRY_GRACE
from app.fulfillment.sql.pickups import overdue_pickups
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import SYSTEM
from app.orders.actions.set_payment_status import set_payment_status
from app.orders.sql import canceled_value, lock_order
from app.payments.actions.capture_payment import capture_payment
from app.payments.model import PaymentStatus, provider_of
from app.payments.sql import payment_of

EXPIRY_BATCH: Final = 200


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


async def expire_pickups(db: Database, *, now: datetime) -> int:
    """Give up what was not collected at own stores a while after its time; returns how many pickups."""
    expired = 0
    while True:
        async with db.read() as tx:
            overdue = await overdue_pickups(tx, before=now - EXPIRY_GRACE, limit=EXPIRY_BATCH)
        for pickup_id in overdue:
            expired += await _expire(db, pickup_id, now)
        if len(overdue) < EXPIRY_BATCH:
            return expired


async def _expire(db: Database, pickup_id: UUID, now: datetime) -> int:
    try:
        await db.in_write(lambda tx: expire_pickup(tx, pickup_id, actor=SYSTEM, now=now))
    except InvalidTransition:
        return 0  # It was collected, expired or canceled a moment ago.
    return 1


HANDLERS: Final = {
    "order_placed": order_placed,
    "backorder_served": order_placed,
    "promise_broken": promise_broken,
    "promises_moved": promises_moved,
    "order_completed": order_completed,
    "order": order_changed,
    "transfer_created": transfer_changed,
    "transfer_changed": transfer_changed,
    "transfer_shipped": transfer_changed,
    "transfer_received": transfer_changed,
    "transfer_canceled": transfer_changed,
}
SCHEDULES: Final = {"expire-pickups": ("*/10 * * * *", expire_pickups)}
