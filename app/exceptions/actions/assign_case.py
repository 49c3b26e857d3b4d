"""Somebody takes a case."""

from uuid import UUID

from app.exceptions import sql
from app.exceptions.errors import CaseClosed
from app.exceptions.model import CaseStatus
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def assign_case(tx: WriteTx, case_id: UUID, assignee: str | None, *, actor: Actor) -> None:
    """Say who looks after a case; None: nobody. Raises NotFound, CaseClosed."""
    case = await sql.require_case(tx, case_id, actor)
    if case.status == CaseStatus.CLOSED:
        raise CaseClosed("This case is closed.", current_status=case.status)
    await sql.assign(tx, case_id, assignee)
