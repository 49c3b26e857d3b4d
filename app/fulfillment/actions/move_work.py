"""Another location does what one was asked for."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.give_up_work import give_up_work
from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model import WorkKind
from app.fulfillment.model.work import WorkStep
from app.fulfillment.sql.work_steps import work_at
from app.inventory.actions.move_promises import Elsewhere
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor


async def move_work(
    tx: WriteTx, work_id: UUID, to_location_id: int, *, elsewhere: Elsewhere, actor: Actor, now: datetime
) -> UUID:
    """All units of PICK or TRANSFER work come from `to_location_id`; returns the work there.

    Raises NotFound, InsufficientStock when the location does not have them all or may not serve the order,
    InvalidTransition for other kinds of work and for work that is finished, waits or is on hold.
    """
    [taken] = await take_works(tx, [work_id], actor=actor)
    kind = WorkKind(taken["kind"])
    if kind not in {WorkKind.PICK, WorkKind.TRANSFER} or to_location_id == taken["location_id"]:
        message = "Only PICK and TRANSFER work moves, to another location."
        raise InvalidTransition(message, current_status=taken["status"])
    await give_up_work(
        tx,
        taken,
        WorkStep.MOVE,
        None,
        reason=None,
        only_at=to_location_id,
        elsewhere=elsewhere,
        facts={"toLocationId": to_location_id},
        actor=actor,
        now=now,
    )
    found = await work_at(tx, taken["order_id"], to_location_id, kind)
    return work_id if found is None else found
