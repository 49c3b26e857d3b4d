"""Statements of the payments slice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.payments.model import AuthorizationResult

INSERT: Final = Statement("""
    INSERT INTO payments (id, order_id, method, provider, status, amount_minor, captured_minor, currency, token,
                          created_at, updated_at)
    SELECT *, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
      FROM unnest(CAST(:ids AS uuid[]), CAST(:order_ids AS uuid[]), CAST(:methods AS text[]),
                  CAST(:providers AS text[]), CAST(:statuses AS text[]), CAST(:amounts AS int[]),
                  CAST(:captured AS int[]), CAST(:currencies AS text[]), CAST(:tokens AS text[]))
""")

# The token has done its duty once there is an answer; it is not kept longer than that.
UPDATE: Final = Statement("""
    UPDATE payments
       SET status = :status, captured_minor = captured_minor + :taken_minor, token = NULL, updated_at = :now
     WHERE id = :id
    RETURNING *
""")

# An order has at most one payment that waits.
_ANSWER: Final = Statement("""
    UPDATE payments AS payment
       SET status = answer.status, provider_reference = answer.reference, failure = answer.failure, token = NULL,
           updated_at = :now
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:statuses AS text[]), CAST(:references AS text[]),
                  CAST(:failures AS text[])) AS answer (order_id, status, reference, failure)
     WHERE payment.order_id = answer.order_id AND payment.status = 'PENDING'
    RETURNING payment.order_id
""")

_NEWEST_LOCKED: Final = Statement("""
    SELECT * FROM payments WHERE order_id = :order_id ORDER BY id DESC LIMIT 1 FOR UPDATE
""")
_NEWEST_OF_LOCKED: Final = Statement("""
    SELECT payment.id, payment.order_id, payment.status FROM unnest(CAST(:order_ids AS uuid[])) AS wanted (order_id)
     CROSS JOIN LATERAL (
           SELECT id FROM payments WHERE order_id = wanted.order_id ORDER BY id DESC LIMIT 1) AS newest
      JOIN payments AS payment ON payment.id = newest.id
     ORDER BY payment.id FOR UPDATE OF payment
""", generic=True)  # fmt: skip
_VOID: Final = Statement("""
    UPDATE payments SET status = 'VOIDED', token = NULL, updated_at = :now WHERE id = ANY(CAST(:ids AS uuid[]))
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


# Guarded by the table: no more than was taken.
_START_REFUND: Final = Statement("""
    WITH refund AS (
        INSERT INTO refunds (id, payment_id, order_id, amount_minor, currency, status, reason, note, actor, created_at,
                             settled_at)
        VALUES (:id, :payment_id, :order_id, :amount_minor, :currency, :status, :reason, :note, :actor, :now,
                CASE WHEN :status <> 'PENDING' THEN CAST(:now AS timestamptz) END))
    UPDATE payments SET refunded_minor = refunded_minor + :amount_minor, updated_at = :now WHERE id = :payment_id
""")
_LOCK_REFUND: Final = Statement("SELECT * FROM refunds WHERE id = :id FOR UPDATE")
_REFUND: Final = Statement("SELECT * FROM refunds WHERE id = :id")
_END_REFUND: Final = Statement("""
    WITH refund AS (
        UPDATE refunds SET status = :status, provider_reference = :reference, failure = :failure, settled_at = :now
         WHERE id = :id RETURNING payment_id, amount_minor)
    UPDATE payments AS payment
       SET refunded_minor = refunded_minor - CASE WHEN :status = 'FAILED' THEN refund.amount_minor ELSE 0 END,
           updated_at = :now
      FROM refund WHERE payment.id = refund.payment_id
""")
_IS_ALL_REFUNDED: Final = Statement("""
    SELECT captured_minor > 0 AND refunded_minor = captured_minor AND NOT EXISTS (
               SELECT FROM refunds WHERE payment_id = payments.id AND status = 'PENDING')
      FROM payments WHERE id = :payment_id
""")
# Of orders of which money was taken. Who gets nothing at all pays for no delivery either.
_REFUNDS_DUE: Final = Statement("""
    SELECT o.id AS order_id, o.number, p.amount_minor, p.captured_minor, p.refunded_minor, p.currency,
           (SELECT count(*) FROM refunds WHERE payment_id = p.id) AS refunds,
           CASE WHEN o.status = 'CANCELED' THEN p.amount_minor ELSE (
               SELECT coalesce(sum(canceled_quantity::bigint * unit_price_minor), 0) FROM order_lines
                WHERE order_id = o.id)::bigint END AS canceled_minor
      FROM orders o CROSS JOIN LATERAL (SELECT * FROM payments WHERE order_id = o.id ORDER BY id DESC LIMIT 1) p
     WHERE o.id = ANY(CAST(:order_ids AS uuid[])) AND o.payment_status IN ('CAPTURED', 'REFUNDED')
       AND p.captured_minor > 0
     ORDER BY o.id
""")
REFUNDS_BY_ORDER: Final = Statement("""
    SELECT * FROM refunds WHERE order_id = ANY(CAST(:ids AS uuid[])) ORDER BY order_id, id
""")


async def lock_payment(tx: WriteTx, order_id: UUID) -> Row | None:
    """The order's newest payment (all columns), locked; None when it has none."""
    return await tx.fetchrow(_NEWEST_LOCKED, order_id=order_id)


async def lock_payments(tx: WriteTx, order_ids: Collection[UUID]) -> dict[UUID, Row]:
    """The newest payment (id, order_id, status) of each order that has one, by order, locked in the ids' order."""
    return {row["order_id"]: row for row in await tx.fetch(_NEWEST_OF_LOCKED, order_ids=list(order_ids))}


async def void(tx: WriteTx, payment_ids: Collection[UUID], *, now: datetime) -> None:
    """Write that locked payments were given up."""
    await tx.execute(_VOID, ids=list(payment_ids), now=now)


async def payment_of(tx: ReadTx, order_id: UUID) -> Row | None:
    """The order's newest payment (all columns); None when it has none."""
    return await tx.fetchrow(_NEWEST, order_id=order_id)


async def answer_payments(
    tx: WriteTx, results: Mapping[UUID, AuthorizationResult], statuses: Mapping[UUID, str], *, now: datetime
) -> set[UUID]:
    """Write the provider's answers to payments that wait for one; the ids of the orders where one did."""
    rows = await tx.fetch(
        _ANSWER,
        order_ids=list(results),
        statuses=[str(statuses[order_id]) for order_id in results],
        references=[result.reference for result in results.values()],
        failures=[None if one.is_authorized else (one.failure or "declined") for one in results.values()],
        now=now,
    )
    return {row["order_id"] for row in rows}


async def update_payment(
    tx: WriteTx,
    payment_id: UUID,
    status: str,
    *,
    now: datetime,
    taken_minor: int = 0,
) -> Row:
    """Write a state that the caller has checked.

    taken_minor: what was taken with this step, on top of what was taken before.
    """
    row = await tx.fetchrow(UPDATE, id=payment_id, status=str(status), taken_minor=taken_minor, now=now)
    assert row is not None  # noqa: S101  # the caller holds its lock
    return row


async def orders_waiting_for_payment(tx: ReadTx, *, before: datetime, limit: int) -> Sequence[UUID]:
    """Orders whose payment was begun before `before` and never got an answer, oldest first."""
    return [row["order_id"] for row in await tx.fetch(_WAITING, before=before, limit=limit)]


async def insert_refund(tx: WriteTx, **values: Any) -> None:
    """Write a refund of a locked payment and count it. values: its columns, with `now`."""
    await tx.execute(_START_REFUND, **values)


async def lock_refund(tx: WriteTx, refund_id: UUID) -> Row | None:
    """One refund (all columns), locked."""
    return await tx.fetchrow(_LOCK_REFUND, id=refund_id)


async def refund_of(tx: ReadTx, refund_id: UUID) -> Row | None:
    """One refund (all columns)."""
    return await tx.fetchrow(_REFUND, id=refund_id)


async def end_refund(tx: WriteTx, refund_id: UUID, **values: Any) -> None:
    """Write how a locked refund ended: status, reference, failure, now. What failed counts no more."""
    await tx.execute(_END_REFUND, id=refund_id, **values)


async def is_all_refunded(tx: ReadTx, payment_id: UUID) -> bool:
    """Whether all that was taken is given back, and nothing is on its way."""
    return bool(await tx.fetchval(_IS_ALL_REFUNDED, payment_id=payment_id))


async def refunds_due(tx: ReadTx, order_ids: Collection[UUID]) -> list[Row]:
    """Of those of the orders of which money was taken: order_id, number, currency, refunds (how many there were), and
    amount_minor, captured_minor, refunded_minor, canceled_minor, as `refund_due` takes them.
    """
    return await tx.fetch(_REFUNDS_DUE, order_ids=list(order_ids))
