"""What the checkout does by itself: it finishes payments that were left without an answer."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.complete_payment import PaymentOutcome, complete_payment
from app.checkout.actions.serve_backorders import serve_backorders
from app.checkout.model import REDRIVE_AFTER
from app.inventory.model import OwnerKind
from app.inventory.sql.backorders import servable_variants
from app.kit.db import Database
from app.kit.permissions import SYSTEM
from app.payments.sql import orders_waiting_for_payment

BATCH: Final = 200


async def reservation_expired(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """The units of an order went back on sale before its payment came: the order is given up."""
    if payload["owner_kind"] == OwnerKind.ORDER:
        await db.in_write(lambda tx: cancel_unpaid(tx, UUID(event_key), actor=SYSTEM.reference, now=now))


async def units_for_waiting(db: Database, event_key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Units of a variant that orders wait for were freed, or its queue moved on."""
    del payload
    await db.in_write(lambda tx: serve_backorders(tx, int(event_key), now=now))


async def serve_all_backorders(db: Database, *, now: datetime) -> None:
    """Look after every queue that might be served: on the day of a release no fact is heard."""
    async with db.read() as tx:
        variants = await servable_variants(tx)
    for variant_id in variants:
        await units_for_waiting(db, str(variant_id), {}, now=now)


async def complete_payments(db: Database, *, now: datetime) -> int:
    """Ask again for payments older than a minute, with the same key; returns how many came to an end."""
    async with db.read() as tx:
        waiting = await orders_waiting_for_payment(tx, before=now - REDRIVE_AFTER, limit=BATCH)
    ended, failures = 0, list[Exception]()
    for order_id in waiting:
        try:
            outcome = await complete_payment(db, order_id, actor=SYSTEM.reference, now=now)
        except Exception as failure:  # noqa: BLE001  # one order's trouble must not keep the others waiting
            failures.append(failure)
        else:
            ended += outcome is not PaymentOutcome.WAITING
    if failures:
        message = "Some payments could not be completed."
        raise ExceptionGroup(message, failures)
    return ended


HANDLERS: Final = {"reservation_expired": reservation_expired, "units_for_waiting": units_for_waiting}
SCHEDULES: Final = {
    "complete-payments": ("* * * * *", complete_payments),
    "serve-backorders": ("*/5 * * * *", serve_all_backorders),
}
