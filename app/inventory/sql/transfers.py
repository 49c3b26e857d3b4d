"""Transfers and their lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from app.inventory.model.transfers import (
    CheckedArrival,
    TransferLine,
    TransferLineDraft,
    TransferStatus,
    transfer_line_of,
)
from app.inventory.tables import transfer_lines, transfer_numbers, transfers
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import NotFound, VersionConflict
from app.kit.statement import Statement

_CREATE: Final = Statement(
    insert(transfers).values(
        id=bindparam("id"),
        number=func.concat("TR-", transfer_numbers.next_value()),
        from_location_id=bindparam("from_location_id"),
        to_location_id=bindparam("to_location_id"),
        status=bindparam("status"),
        order_id=bindparam("order_id"),
        note=bindparam("note"),
        created_at=bindparam("created_at"),
        expected_at=bindparam("expected_at"),
    )
)
_CREATE_LINES: Final = Statement("""
    INSERT INTO transfer_lines (transfer_id, line_no, variant_id, quantity, order_line_no)
    SELECT CAST(:transfer_id AS uuid), l.line_no, l.variant_id, l.quantity, l.order_line_no
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[]), CAST(:order_line_nos AS int[]))
           WITH ORDINALITY AS l (variant_id, quantity, order_line_no, line_no)
""")
_LOCK: Final = Statement(select(transfers).where(transfers.c.id == bindparam("id")).with_for_update())
_LINES: Final = Statement(
    select(transfer_lines).where(transfer_lines.c.transfer_id == bindparam("id")).order_by(transfer_lines.c.line_no)
)
_DELETE_LINES: Final = Statement("DELETE FROM transfer_lines WHERE transfer_id = :id")
_EDIT: Final = Statement("""
    UPDATE transfers SET note = CASE CAST(:note AS text) WHEN '' THEN NULL ELSE coalesce(:note, note) END,
           expected_at = coalesce(CAST(:expected_at AS timestamptz), expected_at)
     WHERE id = :id
""")
_SET_EXPECTED_AT: Final = Statement(
    "UPDATE transfers SET expected_at = CAST(:expected_at AS timestamptz) WHERE id = :id"
)
_SHIP_LINES: Final = Statement("""
    UPDATE transfer_lines l SET shipped_quantity = l.shipped_quantity + s.units
      FROM unnest(CAST(:line_nos AS int[]), CAST(:units AS int[])) AS s (line_no, units)
     WHERE l.transfer_id = :id AND l.line_no = s.line_no
""")
_WITHDRAW_LINES: Final = Statement("""
    UPDATE transfer_lines l SET withdrawn_quantity = l.withdrawn_quantity + s.units
      FROM unnest(CAST(:line_nos AS int[]), CAST(:units AS int[])) AS s (line_no, units)
     WHERE l.transfer_id = :id AND l.line_no = s.line_no
""")
_RECEIVE_LINES: Final = Statement("""
    UPDATE transfer_lines l
       SET received_quantity = l.received_quantity + r.received + r.damaged,
           damaged_quantity = l.damaged_quantity + r.damaged,
           lost_quantity = l.lost_quantity + r.lost, surplus_quantity = l.surplus_quantity + r.surplus,
           discrepancy_reason = CASE WHEN r.damaged + r.lost + r.surplus > 0 THEN CAST(:reason AS text)
                                     ELSE l.discrepancy_reason END
      FROM unnest(CAST(:line_nos AS int[]), CAST(:received AS int[]), CAST(:damaged AS int[]), CAST(:lost AS int[]),
                  CAST(:surplus AS int[])) AS r (line_no, received, damaged, lost, surplus)
     WHERE l.transfer_id = :id AND l.line_no = r.line_no
""")
_SET_STATUS: Final = Statement("""
    UPDATE transfers
       SET status = CAST(:status AS text), version = version + 1,
           shipped_at = coalesce(shipped_at, CASE CAST(:status AS text)
                                 WHEN 'IN_TRANSIT' THEN CAST(:now AS timestamptz) END),
           received_at = CASE CAST(:status AS text) WHEN 'RECEIVED' THEN :now ELSE received_at END,
           canceled_at = CASE CAST(:status AS text) WHEN 'CANCELED' THEN :now ELSE canceled_at END
     WHERE id = :id
""")

TRANSFERS_BY_ID: Final = Statement("""
    SELECT * FROM transfers
     WHERE id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:location_ids AS int[]) IS NULL
            OR from_location_id = ANY(CAST(:location_ids AS int[]))
            OR to_location_id = ANY(CAST(:location_ids AS int[])))
""")
TRANSFERS_BY_ORDER: Final = Statement("""
    SELECT * FROM transfers
     WHERE order_id = ANY(CAST(:order_ids AS uuid[]))
       AND (CAST(:location_ids AS int[]) IS NULL
            OR from_location_id = ANY(CAST(:location_ids AS int[]))
            OR to_location_id = ANY(CAST(:location_ids AS int[])))
     ORDER BY id
""")
LINES_BY_TRANSFER: Final = Statement("""
    SELECT * FROM transfer_lines WHERE transfer_id = ANY(CAST(:ids AS uuid[])) ORDER BY transfer_id, line_no
""")
TRANSFER_PAGE: Final = Statement("""
    SELECT t.*, CAST(t.id AS text) AS cursor
      FROM transfers t
     WHERE (CAST(:location_ids AS int[]) IS NULL
            OR from_location_id = ANY(CAST(:location_ids AS int[]))
            OR to_location_id = ANY(CAST(:location_ids AS int[])))
       AND (CAST(:status AS text) IS NULL OR status = :status)
       AND (CAST(:from_location_id AS int) IS NULL OR from_location_id = :from_location_id)
       AND (CAST(:to_location_id AS int) IS NULL OR to_location_id = :to_location_id)
       AND (CAST(:after AS uuid) IS NULL OR id < :after)
     ORDER BY id DESC
     LIMIT :limit
""")


async def insert_transfer(
    tx: WriteTx, transfer_id: UUID, lines: Sequence[TransferLineDraft], **columns: object
) -> None:
    """Write a transfer, lines numbered from 1.

    columns: from_location_id, to_location_id, status, order_id, note, created_at, expected_at.
    """
    await tx.execute(_CREATE, id=transfer_id, **columns)
    await _insert_lines(tx, transfer_id, lines)


async def _insert_lines(tx: WriteTx, transfer_id: UUID, lines: Sequence[TransferLineDraft]) -> None:
    await tx.execute(
        _CREATE_LINES,
        transfer_id=transfer_id,
        variant_ids=[line.variant_id for line in lines],
        quantities=[line.quantity for line in lines],
        order_line_nos=[line.order_line_no for line in lines],
    )


async def rewrite_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    lines: Sequence[TransferLineDraft],
    *,
    note: str | None,
    expected_at: datetime | None,
) -> None:
    """Other lines, numbered from 1, for a locked draft; None leaves the note and the instant of arrival as they are."""
    await tx.execute(_EDIT, id=transfer_id, note=note, expected_at=expected_at)
    await tx.execute(_DELETE_LINES, id=transfer_id)
    await _insert_lines(tx, transfer_id, lines)


async def set_expected_at(tx: WriteTx, transfer_id: UUID, expected_at: datetime | None) -> None:
    """When the units of a locked transfer are to arrive; None: unknown."""
    await tx.execute(_SET_EXPECTED_AT, id=transfer_id, expected_at=expected_at)


async def lock_transfer(tx: WriteTx, transfer_id: UUID, *, expected_version: int | None = None) -> Row:
    """The transfer, locked. Raises NotFound, and VersionConflict where it has another version than expected."""
    row = await tx.fetchrow(_LOCK, id=transfer_id)
    if row is None:
        message = "There is no such transfer."
        raise NotFound(message, path=["input", "transferId"])
    version: int = row["version"]
    if expected_version is not None and expected_version != version:
        message = f"The transfer is in version {version}, not {expected_version}."
        raise VersionConflict(message, path=["input", "expectedVersion"], current_version=version)
    return row


async def lines_of(tx: ReadTx, transfer_id: UUID) -> list[Row]:
    """The lines by number."""
    return await tx.fetch(_LINES, id=transfer_id)


async def transfer_lines_of(tx: ReadTx, transfer_id: UUID) -> list[TransferLine]:
    """What became of the lines so far, by number."""
    return [transfer_line_of(row) for row in await lines_of(tx, transfer_id)]


async def ship_lines(tx: WriteTx, transfer_id: UUID, units: Mapping[int, int]) -> None:
    """Note what leaves, by line number."""
    await tx.execute(_SHIP_LINES, id=transfer_id, line_nos=list(units), units=list(units.values()))


async def withdraw_lines(tx: WriteTx, transfer_id: UUID, units: Mapping[int, int]) -> None:
    """Note what will not leave, by line number."""
    await tx.execute(_WITHDRAW_LINES, id=transfer_id, line_nos=list(units), units=list(units.values()))


async def receive_lines(tx: WriteTx, transfer_id: UUID, arrival: CheckedArrival, *, reason: str) -> None:
    """Note arrivals by line number. reason: of the differences."""
    parts = {
        "received": arrival.received,
        "damaged": arrival.damaged,
        "lost": arrival.lost,
        "surplus": arrival.surplus,
    }
    line_nos = sorted({line_no for part in parts.values() for line_no in part})
    columns = {name: [part.get(line_no, 0) for line_no in line_nos] for name, part in parts.items()}
    await tx.execute(_RECEIVE_LINES, id=transfer_id, line_nos=line_nos, reason=reason, **columns)


async def set_status(tx: WriteTx, transfer_id: UUID, status: TransferStatus, *, now: datetime) -> None:
    """Move the transfer on, with the instant that belongs to the new state."""
    await tx.execute(_SET_STATUS, id=transfer_id, status=status.value, now=now)
