"""What is on hold does not leave."""

from collections.abc import Sequence
from uuid import UUID

from app.fulfillment.errors import WorkOnHold
from app.fulfillment.sql.work_steps import reason_of_hold
from app.kit.db import WriteTx


async def refuse_held(tx: WriteTx, fulfillment_ids: Sequence[UUID]) -> None:
    """Raises WorkOnHold when work about these locked fulfillments is on hold."""
    reason = await reason_of_hold(tx, fulfillment_ids)
    if reason is not None:
        raise WorkOnHold(reason)
