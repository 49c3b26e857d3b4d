"""A transfer arrives on another day than was said."""

from datetime import datetime
from uuid import UUID

from app.inventory.events import TransferChanged
from app.inventory.model.promises import check_day_to_come
from app.inventory.model.transfers import TRANSFER, TransferStatus, TransferStep
from app.inventory.sql.transfers import lock_transfer, set_expected_at, set_status
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def date_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    expected_at: datetime | None,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """expected_at: when its units are to arrive (UTC), today in Japan or later; None: unknown, and nobody is promised
    them.

    Raises NotFound, VersionConflict, InvalidInput for a day that has passed, and InvalidTransition once nothing is to
    arrive any more.
    """
    transfer = await lock_transfer(tx, transfer_id, expected_version=expected_version)
    status = TRANSFER.take(TransferStep.SET_DATE, transfer["status"], TransferStatus(transfer["status"]))
    check_day_to_come(expected_at, now)
    await set_expected_at(tx, transfer_id, expected_at)
    await set_status(tx, transfer_id, status, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferChanged(transfer_id, transfer["order_id"], *ends, status))
