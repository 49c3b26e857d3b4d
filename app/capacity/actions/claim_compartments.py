"""Deliveries that have become orders without a compartment get one, or a case."""

from collections.abc import Sequence
from datetime import datetime

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.capacity.model.claims import CompartmentWish, Reservation
from app.capacity.model.compartments import ReservationState
from app.kit.db import WriteTx


async def claim_compartments(tx: WriteTx, wishes: Sequence[CompartmentWish], *, now: datetime) -> int:
    """Plan compartments for those of the deliveries that have no claim yet; returns how many there were.

    They are orders already: goods that were sold before they arrived, or that another system sold. Who finds no
    compartment waits for one, and a case is opened. The orders are locked. One statement where all have claims.
    """
    known = {
        row.delivery_id for row in await sql.find_reservations(tx, delivery_ids=[one.delivery_id for one in wishes])
    }
    new = [wish for wish in wishes if wish.delivery_id not in known]
    if not new:
        return 0
    terms = await sql.lock_stations(tx, {wish.location_id for wish in new})
    stations = await sql.load_stations(tx, terms)
    own = [wish for wish in new if wish.location_id in stations]
    for wish in own:
        station = stations[wish.location_id]
        begins, ends = station.terms.period(wish.placed_at)
        station.add(
            Reservation(wish.delivery_id, wish.order_id, wish.parcel, begins, ends, state=ReservationState.UNPLACED)
        )
    await keep_stations(tx, stations.values(), now=now)
    return len(own)
