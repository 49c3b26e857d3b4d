"""What is to be given back of orders is known to somebody."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import WriteTx
from app.orders.actions.set_payment_status import set_payment_status
from app.payments.actions.close_refunded import close_refunded
from app.payments.model import PaymentStatus, refund_due
from app.payments.sql import refunds_due


async def settle_refunds(tx: WriteTx, order_ids: Collection[UUID], *, now: datetime) -> None:
    """Of locked orders of which more was taken than their buyers keep goods for, a case REFUND_DUE says how much more;
    of others it is closed. May be repeated.
    """
    opened: list[CaseDraft] = []
    solved: list[tuple[CaseKind, tuple[str, str]]] = []
    for row in await refunds_due(tx, order_ids):
        subject = ("ORDER", str(row["order_id"]))
        due = refund_due(
            amount_minor=row["amount_minor"],
            captured_minor=row["captured_minor"],
            refunded_minor=row["refunded_minor"],
            canceled_minor=row["canceled_minor"],
        )
        if not due:
            solved.append((CaseKind.REFUND_DUE, subject))
            continue
        facts = {"order": row["number"], "amountMinor": due, "currency": row["currency"]}
        # Who has closed it knew of this amount at that time.
        causes = frozenset({f"{due} after {row['refunds']} refunds"})
        opened.append(CaseDraft(CaseKind.REFUND_DUE, subject, None, None, row["order_id"], facts, causes))
    if opened or solved:
        await settle_cases(tx, opened, solved, now=now)


async def follow_refund(tx: WriteTx, order_id: UUID, *, actor: str, now: datetime) -> None:
    """The locked order is REFUNDED when all that was taken is back, and what is still due is a case."""
    if await close_refunded(tx, order_id, now=now):
        await set_payment_status(tx, order_id, PaymentStatus.REFUNDED, actor=actor, now=now)
    await settle_refunds(tx, [order_id], now=now)
