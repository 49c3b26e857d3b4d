"""Bring an order history in: the same products, stock movements, allocations and orders as live ones make."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from app.catalog.sql import variant_ids_by_sku
from app.integrations import sql
from app.integrations.actions.prepare_history import HistoryPlan, prepare_history
from app.integrations.actions.read_table import read_table
from app.integrations.errors import ImportConflict, RowRefused
from app.integrations.model import HistoryLine, ImportReport, OrderLayout, Refusal, parse_history_line
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.actions.ship_claims import ship_claims
from app.inventory.model import Claim, Demand, HoldRequest, StockLine, Verdict
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.orders.actions.create_orders import create_orders
from app.orders.model import LineDraft, OrderDraft, OrderStatus, PaymentStatus

ACTOR: Final = "import"
# Invoices of one transaction: enough to share its commit, few enough to lose little when it is interrupted.
BATCH_LINES: Final = 2_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Invoice:
    """All lines of one invoice, in file order."""

    number: str
    lines: tuple[HistoryLine, ...]


async def import_orders(  # options of a command, all by keyword
    db: Database,
    path: Path,
    *,
    layout: OrderLayout,
    channel: str,
    stock: Path | None,
    now: datetime,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import every row of `path` and tell what became of each.

    stock: a CSV file with the columns sku and quantity, shared out over the locations; None receives exactly what the
    file sells, so that nothing is short. Each batch of invoices is one transaction; an invoice that is an order
    already is left alone, so an interrupted import is started again with the same arguments. Raises UnreadableFile.
    """
    started = time.perf_counter()
    report = ImportReport()
    plan = await prepare_history(db, path, layout=layout, channel=channel, stock=stock, encoding=encoding, now=now)
    batch: list[Invoice] = []
    for invoice in _invoices(path, layout, plan, report, encoding):
        batch.append(invoice)
        if sum(len(kept.lines) for kept in batch) >= BATCH_LINES:
            await _import_batch(db, batch, plan, layout, report=report, now=now)
            batch = []
            if progress is not None:
                progress(report.rows_read)
    await _import_batch(db, batch, plan, layout, report=report, now=now)
    async with db.read() as tx:
        report.oversold = await sql.oversold_keys(tx)
    report.seconds = time.perf_counter() - started
    if progress is not None:
        progress(report.rows_read)
    return report


def _invoices(
    path: Path, layout: OrderLayout, plan: HistoryPlan, report: ImportReport, encoding: str | None
) -> Iterator[Invoice]:
    """Invoices as soon as their last row has been read, so that memory holds the open ones only."""
    open_invoices: dict[str, list[HistoryLine]] = {}
    for row_no, row in read_table(path, layout.columns(), encoding=encoding):
        report.rows_read += 1
        try:
            line = parse_history_line(row_no, row, layout)
        except RowRefused as error:
            content = ",".join(value or "" for value in row.values())
            report.refusals.append(Refusal(row_no, error.message, content[:500]))
            continue
        lines = open_invoices.setdefault(line.invoice, [])
        lines.append(line)
        if plan.last_rows[line.invoice] == row_no:
            yield Invoice(line.invoice, tuple(open_invoices.pop(line.invoice)))


async def _import_batch(  # noqa: PLR0917  # one call
    db: Database,
    batch: Sequence[Invoice],
    plan: HistoryPlan,
    layout: OrderLayout,
    report: ImportReport,
    now: datetime,
) -> None:
    if not batch:
        return

    async def work(tx: WriteTx) -> tuple[set[str], list[Verdict]]:
        existing = await sql.existing_orders(tx, layout.source, [invoice.number for invoice in batch])
        new = [invoice for invoice in batch if invoice.number not in existing]
        return existing, await _write_invoices(tx, new, plan, layout, now)

    existing, verdicts = await db.in_write(work)
    for invoice in batch:
        report.rows_imported += len(invoice.lines)
        if invoice.number in existing:
            report.rows_already += len(invoice.lines)
    new = [invoice for invoice in batch if invoice.number not in existing]
    _count(report, new, verdicts)


async def _write_invoices(
    tx: WriteTx, invoices: Sequence[Invoice], plan: HistoryPlan, layout: OrderLayout, now: datetime
) -> list[Verdict]:
    """Hold, ship and record new invoices in the caller's transaction; the verdicts are in the invoices' order."""
    if not invoices:
        return []
    variants = await variant_ids_by_sku(tx, sorted({line.sku for invoice in invoices for line in invoice.lines}))
    ids = [new_id() for _ in invoices]
    requests = [_request(order_id, invoice, variants, plan) for order_id, invoice in zip(ids, invoices, strict=True)]
    verdicts = await hold_stock(tx, requests, actor=ACTOR)
    drafts = [
        _draft(order_id, invoice, verdict, variants, plan=plan, layout=layout)
        for order_id, invoice, verdict in zip(ids, invoices, verdicts, strict=True)
    ]
    created = await create_orders(tx, drafts, actor=ACTOR, now=now)
    if any(order is None for order in created):
        message = "Another import writes the same orders at this moment. Start this one again when it has ended."
        raise ImportConflict(message)
    for order_id, verdict in zip(ids, verdicts, strict=True):
        if verdict.claims:
            await ship_claims(tx, order_id, verdict.claims, kind="SHIPPED", actor=ACTOR)
    await _receive_returns(tx, ids, invoices, variants, plan)
    return verdicts


def _request(order_id: UUID, invoice: Invoice, variants: Mapping[str, int], plan: HistoryPlan) -> HoldRequest:
    """What the sold lines of an invoice want: any location, split if need be, as much as there is."""
    demands = tuple(
        Demand(line_no, variants[line.sku], line.quantity, plan.location_ids, may_split=True)
        for line_no, line in enumerate(invoice.lines, start=1)
        if line.quantity > 0
    )
    return HoldRequest("ORDER", order_id, demands, partial=True)


def _draft(  # plain data, all of one invoice
    order_id: UUID,
    invoice: Invoice,
    verdict: Verdict,
    variants: Mapping[str, int],
    *,
    plan: HistoryPlan,
    layout: OrderLayout,
) -> OrderDraft:
    held = _held(verdict.claims)
    is_return = all(line.quantity < 0 for line in invoice.lines)
    customer = next((line.customer for line in invoice.lines if line.customer), "")
    return OrderDraft(
        id=order_id,
        source_system=layout.source,
        external_reference=invoice.number,
        channel_id=plan.channel_id,
        currency=layout.currency,
        status=OrderStatus.RETURNED if is_return else OrderStatus.COMPLETED,
        payment_status=PaymentStatus.REFUNDED if is_return else PaymentStatus.CAPTURED,
        placed_at=invoice.lines[0].at,
        member_id=plan.member_ids.get(customer),
        lines=tuple(
            LineDraft(
                line_no=line_no,
                variant_id=variants[line.sku],
                sku=line.sku,
                names={layout.language: line.name or plan.products[line.sku].name or line.sku},
                quantity=line.quantity,
                unit_price_minor=line.price_minor,
                tax_class=layout.tax_class,
                short_quantity=max(line.quantity, 0) - held.get(line_no, 0),
                fulfilled_quantity=held.get(line_no, 0),
            )
            for line_no, line in enumerate(invoice.lines, start=1)
        ),
    )


async def _receive_returns(
    tx: WriteTx,
    ids: Sequence[UUID],
    invoices: Sequence[Invoice],
    variants: Mapping[str, int],
    plan: HistoryPlan,
) -> None:
    """Returned units go back to the first location, caused by the invoice that took them back."""
    for order_id, invoice in zip(ids, invoices, strict=True):
        back: dict[int, int] = {}
        for line in invoice.lines:
            if line.quantity < 0:
                back[variants[line.sku]] = back.get(variants[line.sku], 0) - line.quantity
        if back:
            lines = [
                StockLine(variant_id, plan.location_ids[0], quantity) for variant_id, quantity in sorted(back.items())
            ]
            await receive_stock(tx, lines, kind="RETURNED", cause_kind="ORDER", cause_id=order_id, actor=ACTOR)


def _held(claims: Sequence[Claim]) -> dict[int, int]:
    """Units by line."""
    held: dict[int, int] = {}
    for claim in claims:
        held[claim.line_no] = held.get(claim.line_no, 0) + claim.quantity
    return held


def _count(report: ImportReport, invoices: Sequence[Invoice], verdicts: Sequence[Verdict]) -> None:
    for invoice, verdict in zip(invoices, verdicts, strict=True):
        held = _held(verdict.claims)
        places = [claim.line_no for claim in verdict.claims]
        report.returns += all(line.quantity < 0 for line in invoice.lines)
        report.orders += any(line.quantity > 0 for line in invoice.lines)
        for line_no, line in enumerate(invoice.lines, start=1):
            report.lines_returned += line.quantity < 0
            if line.quantity > 0:
                report.lines_allocated += held.get(line_no, 0) == line.quantity
                report.lines_split += places.count(line_no) > 1
                report.lines_short += held.get(line_no, 0) < line.quantity
