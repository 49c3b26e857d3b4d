"""The lines of a transfer are put together anew before anything is held for it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.events import TransferChanged
from app.inventory.model import check_quantity
from app.inventory.model.promises import check_day_to_come
from app.inventory.model.transfers import TRANSFER, TransferLineDraft, TransferStep
from app.inventory.sql.feeds import refuse_bundles
from app.inventory.sql.transfers import lock_transfer, rewrite_transfer, set_status
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.outbox import publish


async def edit_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    lines: Sequence[TransferLineDraft],
    *,
    note: str | None = None,
    expected_at: datetime | None = None,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """These lines, numbered from 1, take the place of those that there are.

    note, expected_at (UTC): None leaves what was said; an empty note takes it away.

    Raises NotFound, VersionConflict, InvalidTransition unless it is a DRAFT, InvalidQuantity, and InvalidInput
    without lines, for bundles and for a day that has passed.
    """
    if not lines:
        raise InvalidInput("A transfer has lines.", path=["input", "lines"])
    for line in lines:
        check_quantity(line.quantity)
    check_day_to_come(expected_at, now)
    transfer = await lock_transfer(tx, transfer_id, expected_version=expected_version)
    status = TRANSFER.take(TransferStep.EDIT, transfer["status"])
    await refuse_bundles(tx, [line.variant_id for line in lines], "lines", "sku")
    await rewrite_transfer(tx, transfer_id, lines, note=note, expected_at=expected_at)
    await set_status(tx, transfer_id, status, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferChanged(transfer_id, None, *ends, status))
