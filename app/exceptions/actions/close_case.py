"""Somebody solved a case, or decided that it needs nothing."""

from datetime import datetime
from uuid import UUID

from app.exceptions import sql
from app.exceptions.errors import CaseClosed
from app.exceptions.model import CaseStatus
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def close_case(tx: WriteTx, case_id: UUID, *, note: str | None, actor: Actor, now: datetime) -> None:
    """The case becomes CLOSED. note: what was done, for those who read it later.

    It stays closed until something new is found: see `settle_cases`. A closed case stays as it is: that is no error,
    unless there is something else to note. Raises NotFound (also for cases of other places than the caller's),
    CaseClosed.
    """
    case = await sql.require_case(tx, case_id, actor)
    if case.status == CaseStatus.CLOSED:
        if note is None or note == case.note:
            return
        raise CaseClosed("This case is closed.", current_status=case.status)
    await sql.close(tx, case_id, note=note, actor=actor.reference, now=now)
