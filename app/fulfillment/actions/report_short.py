"""People do not find what they are to pick, to pack, to prepare or to send."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.give_up_work import GivenWork, ShortLine, give_up_work
from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model.work import ShortReason, WorkStep
from app.inventory.actions.move_promises import Elsewhere
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def report_short(
    tx: WriteTx,
    work_id: UUID,
    lines: Sequence[ShortLine],
    reason: ShortReason,
    *,
    elsewhere: Elsewhere,
    actor: Actor,
    now: datetime,
) -> GivenWork:
    """Missing units leave the location's stock, and other places serve them; what nobody has the buyer does not get.

    The work goes on with what is there; without any it is REJECTED. Raises NotFound and what `give_up_work` does.
    """
    [taken] = await take_works(tx, [work_id], actor=actor)
    told = [
        {"lineNo": line.line_no, "units": line.units}
        | ({} if line.component is None else {"variantId": line.component})
        for line in lines
    ]
    return await give_up_work(
        tx,
        taken,
        WorkStep.REPORT_SHORT,
        lines,
        reason=reason,
        elsewhere=elsewhere,
        facts={"reason": str(reason), "lines": told},
        actor=actor,
        now=now,
    )
