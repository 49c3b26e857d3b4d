"""A transfer will not take place."""

from datetime import datetime
from uuid import UUID

from app.inventory.events import TransferCanceled
from app.inventory.model import TransferStatus
from app.inventory.sql.holds import delete_holds
from app.inventory.sql.transfers import lock_transfer, set_status
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.outbox import publish


async def cancel_transfer(tx: WriteTx, transfer_id: UUID, *, actor: str, now: datetime) -> None:
    """Call a transfer off before it has left. Its own units go back on sale; an order keeps what it holds.

    Raises NotFound, and InvalidTransition unless it is ready to ship.
    """
    transfer = await lock_transfer(tx, transfer_id)
    if transfer is None:
        raise NotFound("There is no such transfer.")
    if transfer["status"] != TransferStatus.READY_TO_SHIP:
        raise InvalidTransition("Only a transfer that has not left can be canceled.", current_status=transfer["status"])
    if transfer["order_id"] is None:
        await delete_holds(tx, transfer_id, None, actor=actor)
    await set_status(tx, transfer_id, TransferStatus.CANCELED, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferCanceled(transfer_id, transfer["order_id"], *ends, status=TransferStatus.CANCELED))
