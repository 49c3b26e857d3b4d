"""Nobody walks with this list."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_pick_list import take_pick_list
from app.fulfillment.model.pick_lists import PICK_LIST, PickListStep
from app.fulfillment.model.work import UNFINISHED
from app.fulfillment.sql import pick_lists
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def cancel_pick_list(tx: WriteTx, list_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The list is CANCELED, and its work can be listed again. Raises NotFound, InvalidTransition."""
    taken = await take_pick_list(tx, list_id, actor=actor)
    status = PICK_LIST.take(PickListStep.CANCEL, taken.row["status"])
    left = {work["id"] for work in taken.works if work["status"] in UNFINISHED}
    await pick_lists.put_in_list(tx, left, None)
    await pick_lists.set_list_status(tx, [list_id], status, actor=actor.reference, now=now)
