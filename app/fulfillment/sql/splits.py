"""Statements by which one piece of work becomes two."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_MOVE_LINES: Final = Statement("""
    UPDATE fulfillment_lines SET fulfillment_id = :to_id
     WHERE fulfillment_id = :from_id AND line_no = ANY(CAST(:line_nos AS int[]))
""")
_MOVE_WORK_LINES: Final = Statement("""
    UPDATE work_lines SET work_id = :to_id
     WHERE work_id = :from_id AND line_no = ANY(CAST(:line_nos AS int[]))
""")
_UNFINISHED: Final = Statement("""
    SELECT * FROM work_instructions
     WHERE fulfillment_id = :id AND status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD') ORDER BY id
""")


async def move_lines(tx: WriteTx, from_id: UUID, to_id: UUID, line_nos: Sequence[int]) -> None:
    """Lines of one parcel are another one's."""
    await tx.execute(_MOVE_LINES, from_id=from_id, to_id=to_id, line_nos=list(line_nos))


async def move_work_lines(tx: WriteTx, from_id: UUID, to_id: UUID, line_nos: Sequence[int]) -> None:
    """Goods that one work was about are another one's."""
    await tx.execute(_MOVE_WORK_LINES, from_id=from_id, to_id=to_id, line_nos=list(line_nos))


async def unfinished_of(tx: ReadTx, fulfillment_id: UUID) -> list[Row]:
    """The unfinished work about a parcel, all columns."""
    return await tx.fetch(_UNFINISHED, id=fulfillment_id)
