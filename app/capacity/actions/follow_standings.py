"""Compartments follow where the goods are, as all reports together have it."""

from collections.abc import Sequence
from datetime import datetime

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.capacity.model.claims import Presence, Standing
from app.capacity.model.compartments import ReservationState
from app.kit.db import WriteTx


async def follow_standings(tx: WriteTx, told: Sequence[Standing], *, now: datetime) -> None:
    """Bring the claims of deliveries to where their goods are: see `Station.follow`. Their orders are locked.

    Deliveries without a claim are passed over. May be repeated. One statement where none has anything to follow.
    """
    by_id = {one.delivery_id: one for one in told}
    rows = [
        row
        for row in await sql.find_reservations(tx, delivery_ids=list(by_id))
        if row.state != ReservationState.ENDED or by_id[row.delivery_id].presence is not Presence.GONE
    ]
    if not rows:
        return
    terms = await sql.lock_stations(tx, {row.location_id for row in rows})
    stations = await sql.load_stations(tx, terms, delivery_ids=[row.delivery_id for row in rows])
    for row in rows:
        stations[row.location_id].follow(by_id[row.delivery_id], now)
    await keep_stations(tx, stations.values(), now=now)
