"""Statements of the orders slice that actions run; what people see of orders is in `views`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.orders.errors import TooManyFulfilled
from app.orders.model import LineCounts, OrderHistoryKind

Counted = dict[UUID, dict[int, LineCounts]]

# A number that is drawn for an order that exists already is lost: numbers are unique, not gapless.
INSERT_ORDERS: Final = Statement("""
    INSERT INTO orders (id, number, source_system, external_reference, channel_id, status, payment_status,
                        fulfillment_status, currency, email, member_id, subtotal_minor, shipping_minor,
                        total_minor, tax_minor, placed_at, canceled_at)
    SELECT id, 'HK-' || nextval('order_numbers'), source_system, external_reference, channel_id, status,
           payment_status, fulfillment_status, currency, email, member_id, subtotal, shipping, total, tax,
           placed_at, canceled_at
      FROM unnest(CAST(:ids AS uuid[]), CAST(:source_systems AS text[]), CAST(:references AS text[]),
                  CAST(:channel_ids AS int[]), CAST(:statuses AS text[]), CAST(:payment_statuses AS text[]),
                  CAST(:fulfillment_statuses AS text[]), CAST(:currencies AS text[]), CAST(:emails AS text[]),
                  CAST(:member_ids AS uuid[]), CAST(:subtotals AS int[]), CAST(:shippings AS int[]),
                  CAST(:totals AS int[]), CAST(:taxes AS int[]), CAST(:placed_ats AS timestamptz[]),
                  CAST(:canceled_ats AS timestamptz[])) WITH ORDINALITY
        AS draft (id, source_system, external_reference, channel_id, status, payment_status,
                  fulfillment_status, currency, email, member_id, subtotal, shipping, total, tax, placed_at,
                  canceled_at, position)
     ORDER BY position
        ON CONFLICT (source_system, external_reference) DO NOTHING
    RETURNING id, number
""")

INSERT_DELIVERIES: Final = Statement("""
    INSERT INTO order_deliveries (id, order_id, mode, location_id, address)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:order_ids AS uuid[]), CAST(:modes AS text[]),
                         CAST(:location_ids AS int[]), CAST(:addresses AS jsonb[]))
""")

INSERT_LINES: Final = Statement("""
    INSERT INTO order_lines (id, order_id, line_no, variant_id, sku, names, quantity, fulfilled_quantity,
                             canceled_quantity, short_quantity, unit_price_minor, tax_class, tax_rate_bp,
                             total_minor, delivery_id)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[]),
                         CAST(:variant_ids AS bigint[]), CAST(:skus AS text[]), CAST(:names AS jsonb[]),
                         CAST(:quantities AS int[]), CAST(:fulfilled AS int[]), CAST(:canceled AS int[]),
                         CAST(:short AS int[]), CAST(:unit_prices AS int[]), CAST(:tax_classes AS text[]),
                         CAST(:tax_rates AS int[]), CAST(:totals AS int[]), CAST(:delivery_ids AS uuid[]))
""")

INSERT_COMPONENTS: Final = Statement("""
    INSERT INTO order_line_components (order_id, line_no, variant_id, quantity)
    SELECT * FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[]), CAST(:variant_ids AS bigint[]),
                         CAST(:quantities AS int[]))
""")

INSERT_TAXES: Final = Statement("""
    INSERT INTO order_taxes (order_id, rate_bp, taxable_minor, tax_minor)
    SELECT * FROM unnest(CAST(:order_ids AS uuid[]), CAST(:rates AS int[]), CAST(:taxables AS int[]),
                         CAST(:taxes AS int[]))
""")

INSERT_HISTORY: Final = Statement("""
    INSERT INTO order_history (order_id, at, kind, actor, facts)
    SELECT order_id, :at, kind, :actor, facts
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:facts AS jsonb[]))
        AS entry (order_id, kind, facts)
""")

_TELLS: Final = Statement("""
    SELECT EXISTS (SELECT FROM order_history
                    WHERE order_id = :order_id AND kind = :kind AND facts = CAST(:facts AS jsonb))
""")

_LOCK: Final = Statement("SELECT * FROM orders WHERE id = ANY(CAST(:order_ids AS uuid[])) ORDER BY id FOR UPDATE")
_LOCK_FREE: Final = Statement("""
    SELECT id, status, payment_status, fulfillment_status, source_system FROM orders
     WHERE id = ANY(CAST(:order_ids AS uuid[])) ORDER BY id FOR UPDATE SKIP LOCKED
""")

UPDATE_STATES: Final = Statement("""
    UPDATE orders AS o
       SET status = change.status, payment_status = change.payment_status,
           fulfillment_status = change.fulfillment_status,
           canceled_at = COALESCE(o.canceled_at, change.canceled_at), version = o.version + 1
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:statuses AS text[]), CAST(:payment_statuses AS text[]),
                  CAST(:fulfillment_statuses AS text[]), CAST(:canceled_ats AS timestamptz[]))
        AS change (id, status, payment_status, fulfillment_status, canceled_at)
     WHERE o.id = change.id RETURNING o.id, o.version
""")

REDIRECT_DELIVERY: Final = Statement("""
    UPDATE order_deliveries SET location_id = :location_id WHERE id = :delivery_id AND location_id IS NOT NULL
""")
RELEASE_SOURCE: Final = Statement("""
    UPDATE orders SET external_reference = external_reference || '/' || number
     WHERE id = :order_id AND right(external_reference, length(number) + 1) <> '/' || number
""")

_LINES: Final = Statement("""
    SELECT * FROM order_lines WHERE order_id = ANY(CAST(:order_ids AS uuid[])) ORDER BY order_id, line_no
""")

_COUNTS: Final = Statement("""
    SELECT order_id, line_no, quantity, fulfilled_quantity, canceled_quantity, short_quantity
      FROM order_lines WHERE order_id = ANY(CAST(:order_ids AS uuid[])) ORDER BY order_id, line_no
""")

_COMPONENTS: Final = Statement("SELECT * FROM order_line_components WHERE order_id = ANY(CAST(:order_ids AS uuid[]))")


_DELIVERIES: Final = Statement("""
    SELECT * FROM order_deliveries WHERE order_id = ANY(CAST(:order_ids AS uuid[])) ORDER BY order_id, id
""")

# The guard keeps a line that waits for fewer units as it is; the caller compares the numbers of rows.
_FULFILL_LINES: Final = Statement("""
    UPDATE order_lines AS line
       SET fulfilled_quantity = fulfilled_quantity + report.quantity
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[]), CAST(:quantities AS int[]))
           AS report (order_id, line_no, quantity)
     WHERE line.order_id = report.order_id AND line.line_no = report.line_no
       AND fulfilled_quantity + canceled_quantity + short_quantity + report.quantity <= line.quantity
    RETURNING line.order_id, line.line_no
""")

_CANCEL_UNITS: Final = Statement("""
    UPDATE order_lines AS line
       SET canceled_quantity = canceled_quantity + report.quantity
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[]), CAST(:quantities AS int[]))
           AS report (order_id, line_no, quantity)
     WHERE line.order_id = report.order_id AND line.line_no = report.line_no
       AND fulfilled_quantity + canceled_quantity + short_quantity + report.quantity <= line.quantity
    RETURNING line.order_id, line.line_no
""")

_RETURN_UNITS: Final = Statement("""
    UPDATE order_lines AS line
       SET fulfilled_quantity = fulfilled_quantity - report.quantity,
           canceled_quantity = canceled_quantity + report.quantity
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[]), CAST(:quantities AS int[]))
           AS report (order_id, line_no, quantity)
     WHERE line.order_id = report.order_id AND line.line_no = report.line_no
       AND fulfilled_quantity >= report.quantity
    RETURNING line.order_id, line.line_no
""")

CANCEL_OPEN_UNITS: Final = Statement("""
    UPDATE order_lines SET canceled_quantity = quantity - fulfilled_quantity - short_quantity
     WHERE order_id = :order_id AND quantity > 0 RETURNING line_no
""")

_CANCELED_VALUE: Final = Statement(
    "SELECT coalesce(sum(canceled_quantity::bigint * unit_price_minor), 0)::bigint FROM order_lines "
    "WHERE order_id = :order_id"
)

_FIND_BY_SOURCE: Final = Statement(
    "SELECT * FROM orders WHERE source_system = :system AND external_reference = ANY(CAST(:references AS text[]))"
)


async def lock_orders(tx: WriteTx, order_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The orders (all columns) by id, locked in that order until the transaction ends."""
    return {row["id"]: row for row in await tx.fetch(_LOCK, order_ids=list(order_ids))}


async def lock_free_orders(tx: WriteTx, order_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the orders that nobody else is dealing with, locked until the transaction ends; waits for nothing."""
    return set(await take_free_orders(tx, order_ids))


async def take_free_orders(tx: WriteTx, order_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The same, by id: id, status, payment_status, fulfillment_status, source_system."""
    return {row["id"]: row for row in await tx.fetch(_LOCK_FREE, order_ids=list(order_ids))}


async def lock_order(tx: WriteTx, order_id: UUID) -> Row | None:
    """One order; None when there is none."""
    return (await lock_orders(tx, [order_id])).get(order_id)


async def lines_of(tx: ReadTx, order_ids: Sequence[UUID]) -> list[Row]:
    """The lines (all columns) of these orders, by order and line number."""
    return await tx.fetch(_LINES, order_ids=list(order_ids))


async def components_of(tx: ReadTx, order_ids: Sequence[UUID]) -> list[Row]:
    """What one unit of each line with a bundle is made of: order_id, line_no, variant_id, quantity."""
    return await tx.fetch(_COMPONENTS, order_ids=list(order_ids))


async def counts_of(tx: ReadTx, order_id: UUID) -> dict[int, LineCounts]:
    """What has become of the units of each line, by line number."""
    return {row["line_no"]: _counts_in(row) for row in await lines_of(tx, [order_id])}


def _counts_in(row: Row) -> LineCounts:
    return LineCounts(row["quantity"], row["fulfilled_quantity"], row["canceled_quantity"], row["short_quantity"])


async def fulfill_units(tx: WriteTx, reported: Mapping[UUID, Mapping[int, int]]) -> Counted:
    """Count units as fulfilled, by order and line number, where as many are open; what has become of all lines."""
    return await _count(tx, _FULFILL_LINES, reported)


async def cancel_open_units(tx: WriteTx, reported: Mapping[UUID, Mapping[int, int]]) -> Counted:
    """Count units as canceled, by order and line number, where as many are open; what has become of all lines."""
    return await _count(tx, _CANCEL_UNITS, reported)


async def return_units(tx: WriteTx, reported: Mapping[UUID, Mapping[int, int]]) -> Counted:
    """Count units that had been handed over as canceled, by order and line; the counts of these orders' lines."""
    return await _count(tx, _RETURN_UNITS, reported)


async def _count(tx: WriteTx, statement: Statement, reported: Mapping[UUID, Mapping[int, int]]) -> Counted:
    """Raises TooManyFulfilled where a line waits for fewer units; then nothing may be kept of the transaction."""
    rows = [(order_id, line, units) for order_id, lines in reported.items() for line, units in lines.items()]
    counted = await tx.fetch(
        statement,
        order_ids=[row[0] for row in rows],
        line_nos=[row[1] for row in rows],
        quantities=[row[2] for row in rows],
    )
    counts: Counted = {order_id: {} for order_id in reported}
    for row in await tx.fetch(_COUNTS, order_ids=list(reported)):
        counts[row["order_id"]][row["line_no"]] = _counts_in(row)
    done = {(row["order_id"], row["line_no"]) for row in counted}
    for order_id, line_no, units in sorted(rows):
        if (order_id, line_no) not in done:
            available = counts[order_id][line_no].open if line_no in counts[order_id] else 0
            message = f"Line {line_no} waits for {available} units, not for {units}."
            raise TooManyFulfilled(message, requested=units, available=available)
    return counts


async def canceled_value(tx: ReadTx, order_id: UUID) -> int:
    """What the order's canceled units cost, tax included, in minor units of its currency."""
    return await tx.fetchval(_CANCELED_VALUE, order_id=order_id)


async def deliveries_of(tx: ReadTx, order_ids: Sequence[UUID]) -> list[Row]:
    """The deliveries (all columns) of these orders."""
    return await tx.fetch(_DELIVERIES, order_ids=list(order_ids))


async def orders_by_source(tx: ReadTx, source_system: str, references: Sequence[str]) -> dict[str, Row]:
    """The orders that came from these carts, or from these orders of another system, by external reference."""
    rows = await tx.fetch(_FIND_BY_SOURCE, system=source_system, references=list(references))
    return {row["external_reference"]: row for row in rows}


async def insert_history(
    tx: WriteTx, entries: Sequence[tuple[UUID, OrderHistoryKind, dict[str, Any]]], *, actor: str, at: Any
) -> None:
    """Append (order id, kind, facts) to the orders' histories."""
    await tx.execute(
        INSERT_HISTORY,
        order_ids=[order_id for order_id, _, _ in entries],
        kinds=[str(kind) for _, kind, _ in entries],
        facts=[facts for _, _, facts in entries],
        actor=actor,
        at=at,
    )


async def history_tells(tx: ReadTx, order_id: UUID, kind: OrderHistoryKind, facts: dict[str, Any]) -> bool:
    """Whether the order's history has an entry of this kind with exactly these facts."""
    return await tx.fetchval(_TELLS, order_id=order_id, kind=str(kind), facts=facts)
