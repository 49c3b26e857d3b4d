"""A draft of a transfer is final: its units are held at the source."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.errors import InsufficientStock
from app.inventory.events import TransferChanged
from app.inventory.model import Demand, HoldRequest, OwnerKind
from app.inventory.model.transfers import TRANSFER, TransferLineDraft, TransferStep
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.stock import lock_available
from app.inventory.sql.transfers import lock_transfer, set_status, transfer_lines_of
from app.inventory.sql.waiting import units_waiting_at
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def make_transfer_ready(
    tx: WriteTx,
    transfer_id: UUID,
    *,
    overtakes_queue: bool = False,
    expected_version: int | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Allocate the units to the transfer, all or none; it is READY_TO_SHIP then.

    overtakes_queue: units that somebody waits for are taken, too. Raises NotFound, VersionConflict, InvalidTransition
    unless it is a DRAFT, InsufficientStock for the first line whose units are not there, or are waited for.
    """
    transfer = await lock_transfer(tx, transfer_id, expected_version=expected_version)
    status = TRANSFER.take(TransferStep.MAKE_READY, transfer["status"])
    drafts = [TransferLineDraft(line.variant_id, line.quantity) for line in await transfer_lines_of(tx, transfer_id)]
    source = transfer["from_location_id"]
    await hold_for_transfer(tx, transfer_id, source, drafts, overtakes_queue=overtakes_queue, actor=actor)
    await set_status(tx, transfer_id, status, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferChanged(transfer_id, None, *ends, status))


async def hold_for_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    location_id: int,
    lines: Sequence[TransferLineDraft],
    *,
    overtakes_queue: bool = False,
    actor: str,
) -> None:
    """Allocate units at one location to a transfer, lines numbered from 1.

    Raises InsufficientStock, also (with the fact `waiting`) where fewer units would be left there than those who wait
    may be served with from there, unless overtakes_queue.
    """
    waiting = {} if overtakes_queue else await _waiting(tx, location_id, {line.variant_id for line in lines})
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
    if waiting:
        await _check_queue(tx, location_id, lines, waiting)


async def _waiting(tx: WriteTx, location_id: int, variant_ids: Collection[int]) -> dict[int, int]:
    """Units by variant that those wait for whom this location may serve. Nobody begins to wait before the end of the
    transaction.
    """
    queued = [variant_id for variant_id, rule in (await lock_rules(tx, variant_ids)).items() if rule.waiting]
    return await units_waiting_at(tx, location_id, queued) if queued else {}


async def _check_queue(
    tx: WriteTx, location_id: int, lines: Sequence[TransferLineDraft], waiting: Mapping[int, int]
) -> None:
    """The units are held already: what is left has to be enough for those who wait."""
    left = await lock_available(tx, {(variant_id, location_id) for variant_id in waiting})
    for line_no, line in enumerate(lines, 1):
        kept, free = waiting.get(line.variant_id, 0), left.get((line.variant_id, location_id), 0)
        if free < kept:
            requested = sum(one.quantity for one in lines if one.variant_id == line.variant_id)
            available = max(free + requested - kept, 0)
            raise InsufficientStock(
                f"{available} of {requested} units can be sent: {kept} are waited for, and may be served from there.",
                requested=requested,
                available=available,
                waiting=kept,
                variant_id=line.variant_id,
                line_no=line_no,
            )
