"""A transfer arrives, whole or in parts; some of it may be damaged or lost, and there may be more than was sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.events import TransferReceived
from app.inventory.model import Claim, Movement, OwnerKind
from app.inventory.model.arrivals import Ends, Moves, moves_of
from app.inventory.model.transfers import (
    TRANSFER,
    Arrival,
    CheckedArrival,
    DiscrepancyReason,
    TransferLine,
    TransferStep,
    check_arrival,
    status_after,
)
from app.inventory.sql.claims import add_to_holds, lock_holds, take_from_holds
from app.inventory.sql.ledger import post
from app.inventory.sql.transfers import lock_transfer, receive_lines, set_status, transfer_lines_of
from app.kit.db import Row, WriteTx
from app.kit.outbox import publish
from app.locations.sql import transit_location_id


async def receive_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    arrival: Arrival | None = None,
    *,
    reason: DiscrepancyReason = DiscrepancyReason.UNEXPLAINED,
    note: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """What has become of units under way; None: all of them have arrived. reason, note: of what differs.

    An order's units stay allocated to it at the destination; units that it does not hold any more, and those of a
    transfer without an order, go on sale there. Damaged ones are set aside there, promised to nobody. Lost ones leave
    the books; those that were NOT_SENT lie at the source and are for sale there. The transfer is RECEIVED when
    nothing is under way and nothing waits at the source any more. Raises NotFound (transfer or line),
    InvalidTransition unless it is under way, and InvalidQuantity for more units than are under way or for none at all.
    """
    transfer = await lock_transfer(tx, transfer_id)
    TRANSFER.check(TransferStep.RECEIVE, transfer["status"])
    lines = await transfer_lines_of(tx, transfer_id)
    found = check_arrival(lines, arrival or Arrival())
    await settle_arrival(tx, transfer, lines, found, reason=reason, note=note, actor=actor)
    status = TRANSFER.take(TransferStep.RECEIVE, transfer["status"], status_after(lines, found.accounted))
    await set_status(tx, transfer_id, status, now=now)
    await publish(tx, received_fact(transfer, status, found))


async def settle_arrival(
    tx: WriteTx,
    transfer: Row,
    lines: Sequence[TransferLine],
    arrival: CheckedArrival,
    *,
    unsent: Mapping[int, int] | None = None,
    reason: DiscrepancyReason,
    note: str | None,
    actor: str,
) -> None:
    """Write lines, holds and ledger of a locked transfer: what leaves the place of units under way, and where it goes.

    unsent: units by line number that will not leave the source any more.
    """
    ends = Ends(transfer["from_location_id"], await transit_location_id(tx), transfer["to_location_id"])
    owner_id = transfer["order_id"] or transfer["id"]
    held = {
        (row["line_no"], row["variant_id"], row["location_id"]): row["quantity"]
        for row in await lock_holds(tx, owner_id, [ends.source, ends.transit, ends.destination])
    }
    by_order = transfer["order_id"] is not None
    moves: Moves = moves_of(lines, arrival, unsent or {}, held, ends, by_order=by_order, reason=reason)
    await take_from_holds(tx, owner_id, _summed(moves.taken))
    await add_to_holds(tx, OwnerKind.ORDER, owner_id, _summed(moves.given))
    await _post(tx, moves.movements, transfer, note=note, actor=actor)
    await receive_lines(tx, transfer["id"], arrival, reason=reason.value)


async def _post(tx: WriteTx, movements: Sequence[Movement], transfer: Row, *, note: str | None, actor: str) -> None:
    await post(tx, movements, cause_kind=OwnerKind.TRANSFER, cause_id=transfer["id"], actor=actor, note=note)


def received_fact(transfer: Row, status: str, arrival: CheckedArrival) -> TransferReceived:
    """What is told of an arrival."""
    parts = (arrival.received, arrival.lost, arrival.damaged, arrival.surplus)
    received, lost, damaged, surplus = ({str(line_no): units for line_no, units in part.items()} for part in parts)
    return TransferReceived(
        transfer["id"],
        transfer["order_id"],
        transfer["from_location_id"],
        transfer["to_location_id"],
        status,
        received=received,
        lost=lost,
        damaged=damaged,
        surplus=surplus,
    )


def _summed(claims: Sequence[Claim]) -> list[Claim]:
    """One claim per hold: several lines of a transfer may serve one line of an order."""
    units: dict[tuple[int, int, int], int] = {}
    for claim in claims:
        key = (claim.line_no, claim.variant_id, claim.location_id)
        units[key] = units.get(key, 0) + claim.quantity
    return [Claim(*key, quantity) for key, quantity in units.items()]
