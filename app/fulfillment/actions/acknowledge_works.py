"""Somebody says that they are at a piece of work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model.work import WORK, WorkStep, check_free_for
from app.fulfillment.sql.work_steps import WorkChange, change_works
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def acknowledge_works(
    tx: WriteTx, work_ids: Sequence[UUID], name: str | None, *, actor: Actor, now: datetime
) -> None:
    """The work becomes IN_PROGRESS, and of two who say so at once one does. All or none.

    name: who it is; the work is theirs from now on. Raises NotFound, WorkTaken when it is assigned to somebody else,
    InvalidTransition when it is not open.
    """
    changes: list[WorkChange] = []
    for work in await take_works(tx, work_ids, actor=actor):
        check_free_for(work["assignee"], name or work["assignee"])
        status = WORK.take(WorkStep.ACKNOWLEDGE, work["status"])
        whose = name or work["assignee"]
        values = {"status": status, "assignee": whose, "acknowledged_by": whose or actor.reference}
        changes.append(WorkChange(work, WorkStep.ACKNOWLEDGE, values, {"assignee": whose}))
    await change_works(tx, changes, actor=actor.reference, now=now)
