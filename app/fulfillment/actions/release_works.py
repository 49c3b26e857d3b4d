"""A piece of work that was on hold goes on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model import WorkStatus
from app.fulfillment.model.work import WORK, WorkStep
from app.fulfillment.sql.work_steps import WorkChange, change_works
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def release_works(tx: WriteTx, work_ids: Sequence[UUID], *, actor: Actor, now: datetime) -> None:
    """The work is OPEN or WAITING, whichever is right by now. All or none.

    Raises NotFound, InvalidTransition for work that is not on hold.
    """
    changes: list[WorkChange] = []
    for work in await take_works(tx, work_ids, actor=actor):
        WORK.check(WorkStep.RELEASE, work["status"])
        status = WORK.take(WorkStep.RELEASE, work["status"], WorkStatus(work["resumes_as"]))
        changes.append(WorkChange(work, WorkStep.RELEASE, {"status": status, "resumes_as": None, "hold_reason": None}))
    await change_works(tx, changes, actor=actor.reference, now=now)
