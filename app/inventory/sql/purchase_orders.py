"""Purchase orders and their lines."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from app.inventory.model.purchases import PurchaseLineDraft, PurchaseOrderStatus
from app.inventory.tables import purchase_order_lines, purchase_order_numbers, purchase_orders
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import NotFound, VersionConflict
from app.kit.statement import Statement

_CREATE: Final = Statement(
    insert(purchase_orders).values(
        id=bindparam("id"),
        number=func.concat("PO-", purchase_order_numbers.next_value()),
        location_id=bindparam("location_id"),
        supplier_name=bindparam("supplier_name"),
        supplier_reference=bindparam("supplier_reference"),
        status=PurchaseOrderStatus.DRAFT.value,
        note=bindparam("note"),
        created_at=bindparam("created_at"),
    )
)
_CREATE_LINES: Final = Statement("""
    INSERT INTO purchase_order_lines (purchase_order_id, line_no, variant_id, quantity, expected_on)
    SELECT CAST(:id AS uuid), l.line_no, l.variant_id, l.quantity, l.expected_on
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[]), CAST(:expected_ons AS date[]))
           WITH ORDINALITY AS l (variant_id, quantity, expected_on, line_no)
""")
_DELETE_LINES: Final = Statement("DELETE FROM purchase_order_lines WHERE purchase_order_id = :id")
_LOCK: Final = Statement(select(purchase_orders).where(purchase_orders.c.id == bindparam("id")).with_for_update())
_LINES: Final = Statement(
    select(purchase_order_lines)
    .where(purchase_order_lines.c.purchase_order_id == bindparam("id"))
    .order_by(purchase_order_lines.c.line_no)
)
_SET_DATES: Final = Statement("""
    UPDATE purchase_order_lines l SET expected_on = d.expected_on
      FROM unnest(CAST(:line_nos AS int[]), CAST(:expected_ons AS date[])) AS d (line_no, expected_on)
     WHERE l.purchase_order_id = :id AND l.line_no = d.line_no
""")
_RECEIVE_LINES: Final = Statement("""
    UPDATE purchase_order_lines l
       SET received_quantity = l.received_quantity + r.units, damaged_quantity = l.damaged_quantity + r.damaged
      FROM unnest(CAST(:line_nos AS int[]), CAST(:units AS int[]), CAST(:damaged AS int[]))
           AS r (line_no, units, damaged)
     WHERE l.purchase_order_id = :id AND l.line_no = r.line_no
""")
_MOVE_ON: Final = Statement("""
    UPDATE purchase_orders
       SET status = CAST(:status AS text), version = version + 1,
           ordered_at = CASE CAST(:status AS text) WHEN 'ORDERED' THEN coalesce(ordered_at, :now) ELSE ordered_at END,
           closed_at = CASE WHEN CAST(:status AS text) IN ('RECEIVED', 'CLOSED_SHORT', 'CANCELED') THEN :now END
     WHERE id = :id
""")

PURCHASE_ORDERS_BY_ID: Final = Statement("""
    SELECT * FROM purchase_orders
     WHERE id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:location_ids AS int[]) IS NULL OR location_id = ANY(CAST(:location_ids AS int[])))
""")
LINES_BY_PURCHASE_ORDER: Final = Statement("""
    SELECT * FROM purchase_order_lines
     WHERE purchase_order_id = ANY(CAST(:ids AS uuid[])) ORDER BY purchase_order_id, line_no
""")
PURCHASE_ORDER_PAGE: Final = Statement("""
    SELECT p.*, CAST(p.id AS text) AS cursor
      FROM purchase_orders p
     WHERE (CAST(:location_ids AS int[]) IS NULL OR p.location_id = ANY(CAST(:location_ids AS int[])))
       AND (CAST(:status AS text) IS NULL OR p.status = :status)
       AND (CAST(:variant_id AS bigint) IS NULL OR EXISTS (
            SELECT 1 FROM purchase_order_lines l WHERE l.purchase_order_id = p.id AND l.variant_id = :variant_id))
       AND (CAST(:after AS uuid) IS NULL OR p.id < :after)
     ORDER BY p.id DESC
     LIMIT :limit
""")


async def insert_purchase_order(tx: WriteTx, order_id: UUID, **columns: object) -> None:
    """Write a DRAFT without lines.

    columns: location_id, supplier_name, supplier_reference, note, created_at.
    """
    await tx.execute(_CREATE, id=order_id, **columns)


async def replace_lines(tx: WriteTx, order_id: UUID, lines: Sequence[PurchaseLineDraft]) -> None:
    """Write these lines, numbered from 1, instead of those that there are."""
    await tx.execute(_DELETE_LINES, id=order_id)
    await tx.execute(
        _CREATE_LINES,
        id=order_id,
        variant_ids=[line.variant_id for line in lines],
        quantities=[line.quantity for line in lines],
        expected_ons=[line.expected_on for line in lines],
    )


async def lock_purchase_order(tx: WriteTx, order_id: UUID, *, expected_version: int | None = None) -> Row:
    """The purchase order, locked. Raises NotFound, and VersionConflict when it is not in the expected version."""
    row = await tx.fetchrow(_LOCK, id=order_id)
    if row is None:
        raise NotFound("There is no such purchase order.", path=["input", "purchaseOrderId"])
    version: int = row["version"]
    if expected_version is not None and expected_version != version:
        raise VersionConflict(
            f"The purchase order is in version {version}, not {expected_version}.",
            path=["input", "expectedVersion"],
            current_version=version,
        )
    return row


async def purchase_lines_of(tx: ReadTx, order_id: UUID) -> list[Row]:
    """The lines by number."""
    return await tx.fetch(_LINES, id=order_id)


async def set_expected_dates(tx: WriteTx, order_id: UUID, dates: Mapping[int, date | None]) -> None:
    """Note when the units of these lines are to arrive."""
    line_nos = sorted(dates)
    await tx.execute(_SET_DATES, id=order_id, line_nos=line_nos, expected_ons=[dates[no] for no in line_nos])


async def receive_purchase_lines(
    tx: WriteTx, order_id: UUID, units: Mapping[int, int], damaged: Mapping[int, int]
) -> None:
    """Note arrivals by line number. damaged: those of them that cannot be sold."""
    line_nos = sorted(units)
    await tx.execute(
        _RECEIVE_LINES,
        id=order_id,
        line_nos=line_nos,
        units=[units[line_no] for line_no in line_nos],
        damaged=[damaged.get(line_no, 0) for line_no in line_nos],
    )


async def move_purchase_order_on(tx: WriteTx, order_id: UUID, status: PurchaseOrderStatus, *, now: datetime) -> None:
    """Set the state, with the instant that belongs to it, and raise the version."""
    await tx.execute(_MOVE_ON, id=order_id, status=status.value, now=now)
