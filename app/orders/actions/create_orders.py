"""Orders come into being, one from a checkout or hundreds from an import, in the same handful of
statements.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.kit.mail import normalize_email
from app.kit.outbox import Event, publish
from app.orders import sql
from app.orders.events import OrderChanged, OrderPlaced
from app.orders.model import (
    SANDBOX,
    CreatedOrder,
    OrderDraft,
    OrderHistoryKind,
    OrderStatus,
    Totals,
    draft_counts,
    draft_totals,
    fulfillment_status_of,
)


async def create_orders(
    tx: WriteTx, drafts: Sequence[OrderDraft], *, actor: str, now: datetime
) -> list[CreatedOrder | None]:
    """Write orders with their lines, deliveries, tax rows and first line of history.

    Answers in the order of the drafts; None where (source_system, external_reference) was an order already,
    of which nothing is changed. The number of statements does not depend on the number of drafts. Stock and
    payment are the caller's. Raises AmountTooLarge and InvalidEmail before anything is written.
    """
    totals = [draft_totals(draft) for draft in drafts]
    numbers = await _insert_orders(tx, drafts, totals)
    created = [(draft, total) for draft, total in zip(drafts, totals, strict=True) if draft.id in numbers]
    if created:
        await _insert_deliveries(tx, [draft for draft, _ in created])
        await _insert_lines(tx, [draft for draft, _ in created])
        await _insert_taxes(tx, created)
        entries = [(draft.id, OrderHistoryKind.CREATED, {"status": str(draft.status)}) for draft, _ in created]
        await sql.insert_history(tx, entries, actor=actor, at=now)
        await publish(tx, *(event for draft, _ in created for event in _facts(draft)))
    return [
        CreatedOrder(draft.id, numbers[draft.id], total.total, total.tax) if draft.id in numbers else None
        for draft, total in zip(drafts, totals, strict=True)
    ]


async def _insert_orders(tx: WriteTx, drafts: Sequence[OrderDraft], totals: Sequence[Totals]) -> dict[UUID, str]:
    """The numbers of those that are new."""
    rows = await tx.fetch(
        sql.INSERT_ORDERS,
        ids=[draft.id for draft in drafts],
        source_systems=[draft.source_system for draft in drafts],
        references=[draft.external_reference for draft in drafts],
        channel_ids=[draft.channel_id for draft in drafts],
        statuses=[str(draft.status) for draft in drafts],
        payment_statuses=[str(draft.payment_status) for draft in drafts],
        fulfillment_statuses=[str(fulfillment_status_of(draft_counts(draft))) for draft in drafts],
        currencies=[draft.currency for draft in drafts],
        emails=[None if draft.email is None else normalize_email(draft.email) for draft in drafts],
        member_ids=[draft.member_id for draft in drafts],
        subtotals=[total.subtotal for total in totals],
        shippings=[total.shipping for total in totals],
        totals=[total.total for total in totals],
        taxes=[total.tax for total in totals],
        placed_ats=[draft.placed_at for draft in drafts],
        canceled_ats=[draft.canceled_at for draft in drafts],
    )
    return {row["id"]: row["number"] for row in rows}


async def _insert_deliveries(tx: WriteTx, drafts: Sequence[OrderDraft]) -> None:
    deliveries = [(draft.id, delivery) for draft in drafts for delivery in draft.deliveries]
    if not deliveries:
        return
    await tx.execute(
        sql.INSERT_DELIVERIES,
        ids=[delivery.id for _, delivery in deliveries],
        order_ids=[order_id for order_id, _ in deliveries],
        modes=[str(delivery.mode) for _, delivery in deliveries],
        location_ids=[delivery.location_id for _, delivery in deliveries],
        addresses=[delivery.address for _, delivery in deliveries],
    )


async def _insert_lines(tx: WriteTx, drafts: Sequence[OrderDraft]) -> None:
    rows = [(draft.id, line) for draft in drafts for line in draft.lines]
    lines = [line for _, line in rows]
    await tx.execute(
        sql.INSERT_LINES,
        ids=[new_id() for _ in rows],
        order_ids=[order_id for order_id, _ in rows],
        line_nos=[line.line_no for line in lines],
        variant_ids=[line.variant_id for line in lines],
        skus=[line.sku for line in lines],
        names=[line.names for line in lines],
        quantities=[line.quantity for line in lines],
        fulfilled=[line.fulfilled_quantity for line in lines],
        canceled=[line.canceled_quantity for line in lines],
        short=[line.short_quantity for line in lines],
        unit_prices=[line.unit_price_minor for line in lines],
        tax_classes=[str(line.tax_class) for line in lines],
        tax_rates=[line.tax_rate_bp for line in lines],
        totals=[line.total_minor for line in lines],
        delivery_ids=[line.delivery_id for line in lines],
    )

    parts = [(order_id, line.line_no, *part) for order_id, line in rows for part in line.components]
    if parts:
        await tx.execute(
            sql.INSERT_COMPONENTS,
            order_ids=[part[0] for part in parts],
            line_nos=[part[1] for part in parts],
            variant_ids=[part[2] for part in parts],
            quantities=[part[3] for part in parts],
        )


async def _insert_taxes(tx: WriteTx, created: Sequence[tuple[OrderDraft, Totals]]) -> None:
    rows = [(draft.id, tax) for draft, total in created for tax in total.taxes]
    await tx.execute(
        sql.INSERT_TAXES,
        order_ids=[order_id for order_id, _ in rows],
        rates=[tax.rate_bp for _, tax in rows],
        taxables=[tax.taxable for _, tax in rows],
        taxes=[tax.tax for _, tax in rows],
    )


def _facts(draft: OrderDraft) -> list[Event]:
    if draft.source_system == SANDBOX:
        return []
    changed = OrderChanged(
        order_id=draft.id,
        version=1,
        status=str(draft.status),
        payment_status=str(draft.payment_status),
        fulfillment_status=str(fulfillment_status_of(draft_counts(draft))),
    )
    return [changed, OrderPlaced(draft.id)] if draft.status == OrderStatus.PLACED else [changed]
