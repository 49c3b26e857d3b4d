"""A transfer arrives, whole or in parts, and some of it may be lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.inventory.errors import InvalidQuantity
from app.inventory.events import TransferReceived
from app.inventory.model import UNDER_WAY, Claim, Movement, MovementKind, OwnerKind, TransferStatus
from app.inventory.sql.claims import add_to_holds, lock_holds, take_from_holds
from app.inventory.sql.ledger import post
from app.inventory.sql.transfers import lines_of, lock_transfer, receive_lines, set_status
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.outbox import publish
from app.locations.sql import transit_location_id


async def receive_transfer(
    tx: WriteTx,
    transfer_id: UUID,
    *,
    quantities: Mapping[int, int] | None,
    lost: Mapping[int, int] | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Units that have arrived by line number (None: all that are under way and not lost), and units given up
    as lost.

    An order's units stay allocated to it at the destination; units that it does not hold any more, and those
    of a transfer without an order, go on sale there. The transfer is RECEIVED when nothing is under way any
    more. Raises NotFound (transfer or line), InvalidTransition unless it is under way, and InvalidQuantity
    for more units than are under way or for none at all.
    """
    transfer = await lock_transfer(tx, transfer_id)
    if transfer is None:
        raise NotFound("There is no such transfer.")
    if transfer["status"] not in UNDER_WAY:
        raise InvalidTransition("Only a transfer under way can be received.", current_status=transfer["status"])
    lines = await lines_of(tx, transfer_id)
    arrival = _check(lines, quantities, dict(lost or {}))
    await _move(tx, transfer, lines, arrival, actor=actor)
    await receive_lines(tx, transfer_id, arrival.received, arrival.lost)
    status = TransferStatus.PARTIALLY_RECEIVED if arrival.remaining else TransferStatus.RECEIVED
    await set_status(tx, transfer_id, status, now=now)
    await publish(
        tx,
        TransferReceived(
            transfer_id,
            transfer["order_id"],
            transfer["from_location_id"],
            transfer["to_location_id"],
            status,
            received={str(line_no): units for line_no, units in arrival.received.items()},
            lost={str(line_no): units for line_no, units in arrival.lost.items()},
        ),
    )


async def _move(tx: WriteTx, transfer: Row, lines: Sequence[Row], arrival: "_Arrival", *, actor: str) -> None:
    """Write holds and ledger: what leaves the place of units under way, and what comes to the destination."""
    transit, destination = await transit_location_id(tx), transfer["to_location_id"]
    by_order = transfer["order_id"] is not None
    owner_id = transfer["order_id"] or transfer["id"]
    held = {
        (row["line_no"], row["variant_id"]): row["quantity"]
        for row in await lock_holds(tx, owner_id, [transit, destination])
        if row["location_id"] == transit
    }
    moves = _plan(lines, arrival, held, transit, destination, by_order=by_order)
    await take_from_holds(tx, owner_id, _summed(moves.taken))
    await add_to_holds(tx, OwnerKind.ORDER, owner_id, _summed(moves.given))
    await post(tx, moves.movements, cause_kind=OwnerKind.TRANSFER, cause_id=transfer["id"], actor=actor)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Units by line number, without zeros. remaining: units that are under way after it."""

    received: dict[int, int]
    lost: dict[int, int]
    remaining: int


def _check(lines: Sequence[Row], quantities: Mapping[int, int] | None, lost: dict[int, int]) -> _Arrival:
    under_way = {
        line["line_no"]: line["shipped_quantity"] - line["received_quantity"] - line["lost_quantity"] for line in lines
    }
    if unknown := (lost.keys() | (quantities or {}).keys()) - under_way.keys():
        raise NotFound(f"The transfer has no line {min(unknown)}.")
    if quantities is None:
        quantities = {line_no: max(units - lost.get(line_no, 0), 0) for line_no, units in under_way.items()}
    for line_no, units in under_way.items():
        arrived, missing = quantities.get(line_no, 0), lost.get(line_no, 0)
        if arrived < 0 or missing < 0 or arrived + missing > units:
            raise InvalidQuantity(
                f"{units} units of line {line_no} are under way, not {arrived + missing}.",
                minimum=0,
                maximum=units,
            )
    found = _Arrival(
        {line_no: units for line_no, units in quantities.items() if units},
        {line_no: units for line_no, units in lost.items() if units},
        sum(under_way.values()) - sum(quantities.values()) - sum(lost.values()),
    )
    if not found.received and not found.lost:
        raise InvalidQuantity("Nothing arrives.", minimum=1, maximum=sum(under_way.values()))
    return found


@dataclass(slots=True)
class _Moves:
    taken: list[Claim] = field(default_factory=list[Claim])
    given: list[Claim] = field(default_factory=list[Claim])
    movements: list[Movement] = field(default_factory=list[Movement])


def _plan(
    lines: Sequence[Row],
    arrival: _Arrival,
    held: dict[tuple[int, int], int],
    transit: int,
    destination: int,
    *,
    by_order: bool,
) -> _Moves:
    """Arrived units use up the promise first, lost ones what is left of it."""
    moves = _Moves()
    for line in lines:
        variant_id = line["variant_id"]
        key = (line["order_line_no"] if by_order else line["line_no"], variant_id)
        arrived, missing = arrival.received.get(line["line_no"], 0), arrival.lost.get(line["line_no"], 0)
        kept = min(arrived, held.get(key, 0))
        given_up = min(missing, held.get(key, 0) - kept)
        if kept + given_up:
            held[key] -= kept + given_up
            moves.taken.append(Claim(key[0], variant_id, transit, kept + given_up))
        if arrived:
            promised = kept if by_order else 0
            moves.movements += [
                Movement(variant_id, transit, MovementKind.TRANSFERRED_OUT, on_hand=-arrived, allocated=-kept),
                Movement(variant_id, destination, MovementKind.TRANSFERRED_IN, on_hand=arrived, allocated=promised),
            ]
            if promised:
                moves.given.append(Claim(key[0], variant_id, destination, promised))
        if missing:
            moves.movements.append(
                Movement(variant_id, transit, MovementKind.LOST_IN_TRANSIT, on_hand=-missing, allocated=-given_up)
            )
    return moves


def _summed(claims: Sequence[Claim]) -> list[Claim]:
    """One claim per hold: several lines of a transfer may serve one line of an order."""
    units: dict[tuple[int, int, int], int] = {}
    for claim in claims:
        key = (claim.line_no, claim.variant_id, claim.location_id)
        units[key] = units.get(key, 0) + claim.quantity
    return [Claim(*key, quantity) for key, quantity in units.items()]
