"""What was decided at stations is written, told, and, where it is trouble, given to a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.capacity import sql
from app.capacity.actions.find_room import find_room
from app.capacity.events import CompartmentReservationChanged
from app.capacity.model.claims import Reservation
from app.capacity.model.stations import Station
from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def keep_stations(tx: WriteTx, stations: Iterable[Station], *, now: datetime, settles: bool = True) -> None:
    """Write what changed of locked stations. Nothing is done where nothing changed.

    settles: a claim without a compartment opens a case with the nearest stations that have room, one that has a
    compartment again closes it; False where no claim can lose or find again its compartment.
    """
    own = list(stations)
    claims = [(one, one.reservations[key]) for one in own for key in one.touched]
    doors = [one.compartments[key] for one in own for key in one.changed]
    if doors:
        await sql.write_compartments(tx, sorted(doors, key=lambda door: door.id))
    if not claims:
        return
    await sql.write_reservations(tx, [(station.location_id, claim) for station, claim in claims])
    await publish(tx, *(_changed(station, claim) for station, claim in claims))
    if settles:
        opened = [await _case(tx, *pair) for pair in claims if _is_lost(pair[1])]
        solved = [
            (CaseKind.LOCKER_FULL, ("DELIVERY", str(claim.delivery_id))) for _, claim in claims if not _is_lost(claim)
        ]
        await settle_cases(tx, opened, solved, now=now)


def _is_lost(claim: Reservation) -> bool:
    return claim.is_live and claim.compartment_id is None


def _changed(station: Station, claim: Reservation) -> CompartmentReservationChanged:
    door = station.compartments.get(claim.compartment_id or 0)
    code = None if door is None else door.code
    return CompartmentReservationChanged(claim.delivery_id, claim.order_id, station.location_id, code, str(claim.state))


async def _case(tx: WriteTx, station: Station, claim: Reservation) -> CaseDraft:
    """With what may help."""
    found = await find_room(tx, station.location_id, claim.parcel, (claim.begins, claim.ends))
    facts: dict[str, Any] = {
        "state": str(claim.state),
        "begins": claim.begins.isoformat(),
        "ends": claim.ends.isoformat(),
        "stations": ", ".join(f"{one['code']} ({one['distance_km']} km)" for one in found),
    }
    subject = ("DELIVERY", str(claim.delivery_id))
    return CaseDraft(CaseKind.LOCKER_FULL, subject, station.location_id, order_id=claim.order_id, facts=facts)
