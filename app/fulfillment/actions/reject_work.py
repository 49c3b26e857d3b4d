"""A location does nothing of what an order asks of it."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.give_up_work import GivenWork, give_up_work
from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model.work import ShortReason, WorkStep
from app.inventory.actions.move_promises import Elsewhere
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def reject_work(
    tx: WriteTx,
    work_id: UUID,
    reason: ShortReason,
    note: str | None,
    *,
    elsewhere: Elsewhere,
    actor: Actor,
    now: datetime,
) -> GivenWork:
    """All its units come from elsewhere, as far as anybody has them; the work is REJECTED.

    A pickup at the store stays, and waits for what others send. Whether the units are missing in the location's stock
    depends on the reason. Raises NotFound and what `give_up_work` does.
    """
    [taken] = await take_works(tx, [work_id], actor=actor)
    return await give_up_work(
        tx,
        taken,
        WorkStep.REJECT,
        None,
        reason=reason,
        elsewhere=elsewhere,
        facts={"reason": str(reason)} | ({} if note is None else {"note": note}),
        actor=actor,
        now=now,
    )
