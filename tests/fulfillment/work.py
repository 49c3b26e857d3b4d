"""Short ways to make work of every status and to look at it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.fulfillment.model.work import UNFINISHED
from app.kit.db import Database, Row
from app.kit.statement import Statement
from tests.fulfillment.views import work_rows

_FORCE: Final = """
    UPDATE work_instructions
       SET status = $2, resumes_as = CASE $2 WHEN 'ON_HOLD' THEN 'OPEN' END,
           hold_reason = CASE $2 WHEN 'ON_HOLD' THEN 'wait' END,
           reject_reason = CASE $2 WHEN 'REJECTED' THEN 'no' END,
           acknowledged_at = CASE $2 WHEN 'IN_PROGRESS' THEN now() END,
           completed_at = CASE $2 WHEN 'DONE' THEN now() END
     WHERE id = $1
"""
_HISTORY: Final = Statement("SELECT * FROM work_history WHERE work_id = :id ORDER BY id")


async def work_id_of(db: Database, kind: str, location_id: int | None = None) -> UUID:
    """The one instruction of this kind that is unfinished."""
    [found] = [
        row["id"]
        for row in await work_rows(db)
        if row["kind"] == kind and row["status"] in UNFINISHED and location_id in {None, row["location_id"]}
    ]
    return found


async def work_row(db: Database, work_id: UUID) -> Row:
    """All columns."""
    [found] = [row for row in await work_rows(db) if row["id"] == work_id]
    return found


async def force_status(db: Database, work_id: UUID, status: str) -> None:
    """Past all actions."""
    async with db.write() as tx:
        await tx.connection.execute(_FORCE, work_id, status)


async def history_of_work(db: Database, work_id: UUID) -> list[tuple[str, str, dict[str, Any]]]:
    """(step, status, facts), oldest first."""
    async with db.read() as tx:
        return [(row["step"], row["status"], row["facts"]) for row in await tx.fetch(_HISTORY, id=work_id)]


def statuses(rows: Sequence[Row]) -> dict[str, str]:
    """By kind."""
    return {row["kind"]: row["status"] for row in rows}
