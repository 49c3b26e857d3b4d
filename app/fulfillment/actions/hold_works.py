"""A piece of work must not be done for now."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model.work import WORK, WorkStep, resumes_as
from app.fulfillment.sql.work_steps import WorkChange, change_works
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def hold_works(tx: WriteTx, work_ids: Sequence[UUID], reason: str, *, actor: Actor, now: datetime) -> None:
    """The work is ON_HOLD until it is released; its goods do not leave. All or none.

    reason: for people. Raises NotFound, InvalidTransition for work that is finished or on hold already.
    """
    changes = [
        WorkChange(
            work,
            WorkStep.HOLD,
            {
                "status": WORK.take(WorkStep.HOLD, work["status"]),
                "resumes_as": resumes_as(work["status"]),
                "hold_reason": reason,
            },
            {"reason": reason},
        )
        for work in await take_works(tx, work_ids, actor=actor)
    ]
    await change_works(tx, changes, actor=actor.reference, now=now)
