"""A delivery goes to another station than planned."""

from datetime import datetime

from app.capacity import sql
from app.capacity.actions.find_room import find_room
from app.capacity.actions.keep_stations import keep_stations
from app.capacity.errors import LockerFull
from app.capacity.model.claims import CompartmentWish, Reservation
from app.kit.db import WriteTx


async def move_claim(tx: WriteTx, wish: CompartmentWish, *, now: datetime) -> str | None:
    """Plan a compartment at the wish's station and give back the one elsewhere; returns its code.

    None: nobody has told that station's compartments. wish.placed_at: from when on the parcel needs a new way. The
    order is locked. Raises LockerFull with the nearest stations that have room, and nothing changes then.
    """
    rows = await sql.find_reservations(tx, delivery_ids=[wish.delivery_id])
    terms = await sql.lock_stations(tx, {wish.location_id, *(row.location_id for row in rows)})
    stations = await sql.load_stations(tx, terms, delivery_ids=[wish.delivery_id])
    target = stations.get(wish.location_id)
    before = next((stations[row.location_id] for row in rows if row.location_id in stations), None)
    if target is None:
        if before is not None:
            before.release(wish.delivery_id)
            await keep_stations(tx, [before], now=now)
        return None
    parcel = wish.parcel if before is None else before.reservations[wish.delivery_id].parcel
    # Where it was, the claim ends without a trace: it is one row, which goes along.
    if before is not None:
        before.release(wish.delivery_id)
        before.untouch(wish.delivery_id)
    claim = Reservation(wish.delivery_id, wish.order_id, parcel, *target.terms.period(wish.placed_at))
    # What has been said of the first station is not said of this one.
    claim.refused_at = None if before is None else before.reservations[wish.delivery_id].refused_at
    if target.reserve(claim) is None:
        found = await find_room(tx, wish.location_id, parcel, None, placed_at=wish.placed_at)
        raise LockerFull(
            "No locker of this station is free for the goods.",
            location_id=wish.location_id,
            is_too_large=not target.takes(parcel),
            found=found,
        )
    await keep_stations(tx, {id(one): one for one in (before, target) if one is not None}.values(), now=now)
    return target.compartments[claim.compartment_id or 0].code
