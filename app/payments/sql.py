"""Statements of the payments slice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

INSERT: Final = Statement("""
    INSERT INTO payments (id, order_id, method, provider, status, amount_minor, captured_minor, currency, token,
                          created_at, updated_at)
    VALUES (:id, :order_id, :method, :provider, :status, :amount_minor, :captured_minor, :currency, :token, :now, :now)
""")

# The token has done its duty once there is an answer; it is not kept longer than that.
UPDATE: Final = Statement("""
    UPDATE payments
       SET status = :status, provider_reference = COALESCE(:provider_reference, provider_reference),
           failure = COALESCE(:failure, failure), captured_minor = captured_minor + :taken_minor,
           token = NULL, updated_at = :now
     WHERE id = :id
    RETURNING *
""")

_NEWEST_LOCKED: Final = Statement("""
    SELECT * FROM payments WHERE order_id = :order_id ORDER BY id DESC LIMIT 1 FOR UPDATE
""")
_NEWEST: Final = Statement("SELECT * FROM payments WHERE order_id = :order_id ORDER BY id DESC LIMIT 1")

_WAITING: Final = Statement("""
    SELECT order_id FROM payments
     WHERE status = 'PENDING' AND created_at < :before ORDER BY created_at LIMIT :limit
""")

PAYMENTS_BY_ORDER: Final = Statement("""
    SELECT DISTINCT ON (order_id) * FROM payments
     WHERE order_id = ANY(CAST(:ids AS uuid[])) ORDER BY order_id, id DESC
""")


async def lock_payment(tx: WriteTx, order_id: UUID) -> Row | None:
    """The order's newest payment (all columns), locked; None when it has none."""
    return await tx.fetchrow(_NEWEST_LOCKED, order_id=order_id)


async def payment_of(tx: ReadTx, order_id: UUID) -> Row | None:
    """The order's newest payment (all columns); None when it has none."""
    return await tx.fetchrow(_NEWEST, order_id=order_id)


async def update_payment(
    tx: WriteTx,
    payment_id: UUID,
    status: str,
    *,
    now: datetime,
    reference: str | None = None,
    failure: str | None = None,
    taken_minor: int = 0,
) -> Row:
    """Write a state that the caller has checked; reference and failure stay as they were when None.

    taken_minor: what was taken with this step, on top of what was taken before.
    """
    values: dict[str, Any] = {
        "provider_reference": reference,
        "failure": failure,
        "taken_minor": taken_minor,
        "now": now,
    }
    row = await tx.fetchrow(UPDATE, id=payment_id, status=str(status), **values)
    assert row is not None  # noqa: S101  # the caller holds its lock
    return row


async def orders_waiting_for_payment(tx: ReadTx, *, before: datetime, limit: int) -> Sequence[UUID]:
    """Orders whose payment was begun before `before` and never got an answer, oldest first."""
    return [row["order_id"] for row in await tx.fetch(_WAITING, before=before, limit=limit)]
