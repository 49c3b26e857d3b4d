"""Payments for tests, each with the order that it is for."""

from typing import Any
from uuid import UUID

from app.kit.db import Database, WriteTx
from app.kit.statement import Statement
from app.payments.actions.capture_payment import capture_payment
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.actions.start_payments import start_payments
from app.payments.model import AuthorizationResult, PaymentDraft
from tests.conftest import NOW
from tests.orders.builders import make_ground, make_order

_ORDER_STATES = {"CARD": ("PENDING_PAYMENT", "PENDING"), "PAY_AT_PICKUP": ("PLACED", "DUE_AT_PICKUP")}


async def make_payment(tx: WriteTx, *, method: str = "CARD", token: str | None = "tok_ok") -> UUID:  # noqa: S107
    """A payment of 2,740 yen as checkout starts it; returns its order's id."""
    status, payment_status = _ORDER_STATES[method]
    order = await make_order(tx, await make_ground(tx), status=status, payment_status=payment_status)
    await start_payments(
        tx,
        [PaymentDraft(order.id, method=method, amount_minor=order.total_minor, currency="JPY", token=token)],
        now=NOW,
    )
    return order.id


async def take_all(db: Database, *, method: str = "CARD") -> UUID:
    """A payment of 2,740 yen that was taken; returns its order's id."""
    async with db.write() as tx:
        order_id = await make_payment(tx, method=method)
        if method == "CARD":
            await record_authorizations(tx, {order_id: AuthorizationResult(reference="auth-1")}, now=NOW)
        await capture_payment(tx, order_id, now=NOW)
        await set_order(tx, order_id, "CAPTURED")
    return order_id


async def refunds_of(db: Database, order_id: UUID) -> list[dict[str, Any]]:
    """All columns of the order's refunds, oldest first."""
    async with db.read() as tx:
        rows = await tx.fetch(Statement("SELECT * FROM refunds WHERE order_id = :id ORDER BY id"), id=order_id)
    return [dict(row) for row in rows]


async def payment_row(db: Database, order_id: UUID) -> dict[str, Any]:
    """All columns of the order's payment."""
    async with db.read() as tx:
        [row] = await tx.fetch(Statement("SELECT * FROM payments WHERE order_id = :id"), id=order_id)
    return dict(row)


async def set_order(tx: WriteTx, order_id: UUID, payment_status: str, status: str = "PLACED") -> None:
    """Let the order agree with its payment, which is the caller's duty in these actions."""
    await tx.execute(
        Statement("""
            UPDATE orders SET status = :status, payment_status = :paid,
                   canceled_at = CASE WHEN :status = 'CANCELED' THEN placed_at END,
                   fulfillment_status = CASE WHEN :status = 'CANCELED' THEN 'CANCELED' ELSE fulfillment_status END
             WHERE id = :id"""),
        id=order_id,
        status=status,
        paid=payment_status,
    )
    if status == "CANCELED":
        await tx.execute(
            Statement("UPDATE order_lines SET canceled_quantity = quantity WHERE order_id = :id"), id=order_id
        )
