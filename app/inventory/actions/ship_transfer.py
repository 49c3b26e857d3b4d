"""Units of a transfer leave its source, all or a part."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.errors import InsufficientStock
from app.inventory.events import TransferShipped
from app.inventory.model import Claim, HoldState, Movement, MovementKind, OwnerKind
from app.inventory.model.transfers import TRANSFER, TransferLine, TransferStep, check_shipment
from app.inventory.sql.claims import add_to_holds, lock_holds, take_from_holds
from app.inventory.sql.ledger import post
from app.inventory.sql.transfers import lock_transfer, set_status, ship_lines, transfer_lines_of
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
from app.kit.outbox import publish
from app.locations.sql import transit_location_id


async def ship_transfer(
    tx: WriteTx, transfer_id: UUID, *, quantities: Mapping[int, int] | None = None, actor: str, now: datetime
) -> None:
    """Units (by line number; None: all that wait at the source) and the promises on them move to the place of units
    under way.

    Raises NotFound (transfer or line), InvalidTransition unless units of it wait at the source, InvalidQuantity for
    more than wait and for none, and InsufficientStock when the order does not have all units allocated at the
    source (it was canceled, or is not paid yet).
    """
    transfer = await lock_transfer(tx, transfer_id)
    status = TRANSFER.take(TransferStep.SHIP, transfer["status"])
    source, transit = transfer["from_location_id"], await transit_location_id(tx)
    lines = await transfer_lines_of(tx, transfer_id)
    if not any(line.unsent for line in lines):
        raise InvalidTransition("All units of the transfer have left.", current_status=transfer["status"])
    leaving = check_shipment(lines, quantities)
    owner_id = transfer["order_id"] or transfer_id
    wanted = _claims(lines, leaving, source, by_order=transfer["order_id"] is not None)
    _check(wanted, await lock_holds(tx, owner_id, [source, transit]))
    moved = [Claim(claim.line_no, claim.variant_id, transit, claim.quantity) for claim in wanted]
    await take_from_holds(tx, owner_id, wanted)
    await add_to_holds(tx, OwnerKind.ORDER if transfer["order_id"] else OwnerKind.TRANSFER, owner_id, moved)
    await post(
        tx,
        _movements(lines, leaving, source, transit),
        cause_kind=OwnerKind.TRANSFER,
        cause_id=transfer_id,
        actor=actor,
    )
    await ship_lines(tx, transfer_id, leaving)
    await set_status(tx, transfer_id, status, now=now)
    ends = (transfer["from_location_id"], transfer["to_location_id"])
    await publish(tx, TransferShipped(transfer_id, transfer["order_id"], *ends, status=status))


def _claims(
    lines: Sequence[TransferLine], leaving: Mapping[int, int], location_id: int, *, by_order: bool
) -> list[Claim]:
    """What the lines take from the holds of their owner; lines for one line of an order are put together."""
    units: dict[tuple[int, int], int] = defaultdict(int)
    for line in lines:
        if line.line_no in leaving:
            units[(line.order_line_no or 0) if by_order else line.line_no, line.variant_id] += leaving[line.line_no]
    return [Claim(line_no, variant_id, location_id, total) for (line_no, variant_id), total in units.items()]


def _check(wanted: Sequence[Claim], rows: Sequence[Row]) -> None:
    held = {
        (row["line_no"], row["variant_id"], row["location_id"]): row["quantity"]
        for row in rows
        if row["state"] == HoldState.ALLOCATED
    }
    for claim in wanted:
        allocated = held.get((claim.line_no, claim.variant_id, claim.location_id), 0)
        if allocated < claim.quantity:
            raise InsufficientStock(
                f"{allocated} of the {claim.quantity} units to send are allocated at the source.",
                requested=claim.quantity,
                available=allocated,
                variant_id=claim.variant_id,
                line_no=claim.line_no,
            )


def _movements(lines: Sequence[TransferLine], leaving: Mapping[int, int], source: int, transit: int) -> list[Movement]:
    movements: list[Movement] = []
    for line in lines:
        variant_id, units = line.variant_id, leaving.get(line.line_no, 0)
        if units:
            movements += [
                Movement(variant_id, source, MovementKind.TRANSFERRED_OUT, on_hand=-units, allocated=-units),
                Movement(variant_id, transit, MovementKind.TRANSFERRED_IN, on_hand=units, allocated=units),
            ]
    return movements
