"""Somebody comes back from the shelves with all of a list."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.complete_work import complete_locked
from app.fulfillment.actions.take_pick_list import take_pick_list
from app.fulfillment.model.pick_lists import PICK_LIST, PickListStep
from app.fulfillment.model.work import UNFINISHED, WORK, WorkStep
from app.fulfillment.sql import pick_lists
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def complete_pick_list(tx: WriteTx, list_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The list is DONE, and all its work that could be done. What is on hold leaves the list and stays as it is.

    Raises NotFound, InvalidTransition when the list is not open.
    """
    taken = await take_pick_list(tx, list_id, actor=actor)
    status = PICK_LIST.take(PickListStep.COMPLETE, taken.row["status"])
    done = [work for work in taken.works if work["status"] in WORK.steps[WorkStep.COMPLETE]]
    if done:
        await complete_locked(tx, done, actor=actor, now=now)
    left = {work["id"] for work in taken.works if work["status"] in UNFINISHED} - {work["id"] for work in done}
    await pick_lists.put_in_list(tx, left, None)
    await pick_lists.set_list_status(tx, [list_id], status, actor=actor.reference, now=now)
