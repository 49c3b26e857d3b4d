"""What has not come of a transfer will not come, and what has not left will not leave."""

from datetime import datetime
from uuid import UUID

from app.inventory.actions.receive_transfer import received_fact, settle_arrival
from app.inventory.model.transfers import TRANSFER, CheckedArrival, DiscrepancyReason, TransferStep
from app.inventory.sql.transfers import lock_transfer, set_status, transfer_lines_of, withdraw_lines
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def close_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    *,
    reason: DiscrepancyReason,
    note: str | None = None,
    expected_version: int | None = None,
    actor: str,
    now: datetime,
) -> None:
    """End a transfer that is under way as RECEIVED: units under way are lost, or lie at the source where they were
    NOT_SENT; units that wait there are for sale again.

    An order loses its promise on all of them. Raises NotFound, VersionConflict, InvalidTransition unless it is under
    way.
    """
    transfer = await lock_transfer(tx, transfer_id, expected_version=expected_version)
    status = TRANSFER.take(TransferStep.CLOSE, transfer["status"])
    lines = await transfer_lines_of(tx, transfer_id)
    missing = CheckedArrival({}, {}, {line.line_no: line.under_way for line in lines if line.under_way}, {})
    unsent = {line.line_no: line.unsent for line in lines if line.unsent}
    await settle_arrival(tx, transfer, lines, missing, unsent=unsent, reason=reason, note=note, actor=actor)
    await withdraw_lines(tx, transfer_id, unsent)
    await set_status(tx, transfer_id, status, now=now)
    await publish(tx, received_fact(transfer, status, missing))
