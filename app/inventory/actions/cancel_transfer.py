"""A transfer will not take place."""

from datetime import datetime
from uuid import UUID

from app.inventory.events import TransferCanceled
from app.inventory.model.transfers import TRANSFER, TransferStatus, TransferStep
from app.inventory.sql.holds import delete_holds
from app.inventory.sql.transfers import lock_transfer, set_status
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def cancel_transfer(tx: WriteTx, transfer_id: UUID, *, actor: str, now: datetime) -> None:
    """Call a transfer off before anything has left. Its own units go back on sale; an order keeps what it holds.

    Raises NotFound, and InvalidTransition unless it is a draft or ready to ship.
    """
    transfer = await lock_transfer(tx, transfer_id)
    status = TRANSFER.take(TransferStep.CANCEL, transfer["status"])
    if transfer["order_id"] is None and transfer["status"] != TransferStatus.DRAFT:
        await delete_holds(tx, transfer_id, None, actor=actor)
    await set_status(tx, transfer_id, status, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferCanceled(transfer_id, transfer["order_id"], *ends, status=status))
