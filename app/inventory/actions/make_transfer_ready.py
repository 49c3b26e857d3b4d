"""A draft of a transfer is final: its units are held at the source."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.errors import InsufficientStock
from app.inventory.events import TransferChanged
from app.inventory.model import Demand, HoldRequest, OwnerKind
from app.inventory.model.transfers import TRANSFER, TransferLineDraft, TransferStep
from app.inventory.sql.transfers import lock_transfer, set_status, transfer_lines_of
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def make_transfer_ready(
    tx: WriteTx, transfer_id: UUID, *, expected_version: int | None = None, actor: str, now: datetime
) -> None:
    """Allocate the units to the transfer, all or none; it is READY_TO_SHIP then.

    Raises NotFound, VersionConflict, InvalidTransition unless it is a DRAFT, InsufficientStock for the first line whose
    units are not there.
    """
    transfer = await lock_transfer(tx, transfer_id, expected_version=expected_version)
    status = TRANSFER.take(TransferStep.MAKE_READY, transfer["status"])
    drafts = [TransferLineDraft(line.variant_id, line.quantity) for line in await transfer_lines_of(tx, transfer_id)]
    await hold_for_transfer(tx, transfer_id, transfer["from_location_id"], drafts, actor=actor)
    await set_status(tx, transfer_id, status, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferChanged(transfer_id, None, *ends, status))


async def hold_for_transfer(
    tx: WriteTx, transfer_id: UUID, location_id: int, lines: Sequence[TransferLineDraft], *, actor: str
) -> None:
    """Allocate units at one location to a transfer, lines numbered from 1. Raises InsufficientStock."""
    demands = tuple(
        Demand(line_no, line.variant_id, line.quantity, (location_id,)) for line_no, line in enumerate(lines, 1)
    )
    [verdict] = await hold_stock(tx, [HoldRequest(OwnerKind.TRANSFER, transfer_id, demands)], actor=actor)
    if verdict.shortages:
        short = verdict.shortages[0]
        raise InsufficientStock(
            f"{short.available} of {short.requested} units of line {short.line_no} are available there.",
            requested=short.requested,
            available=short.available,
            variant_id=short.variant_id,
            line_no=short.line_no,
        )
