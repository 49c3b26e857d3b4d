"""Somebody is to do a piece of work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model.work import WORK, WorkStep
from app.fulfillment.sql.work_steps import WorkChange, change_works
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def assign_works(
    tx: WriteTx, work_ids: Sequence[UUID], assignee: str | None, *, actor: Actor, now: datetime
) -> None:
    """assignee: the name of a person or a device; None: whoever comes first. All or none.

    Work that somebody is at is OPEN again for whoever gets it. Raises NotFound, InvalidTransition for finished work.
    """
    changes = [
        WorkChange(
            work,
            WorkStep.ASSIGN,
            {"status": WORK.take(WorkStep.ASSIGN, work["status"]), "assignee": assignee},
            {"assignee": assignee},
        )
        for work in await take_works(tx, work_ids, actor=actor)
    ]
    await change_works(tx, changes, actor=actor.reference, now=now)
