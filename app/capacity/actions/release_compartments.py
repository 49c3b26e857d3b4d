"""Orders that will not come give their compartments back."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.capacity.model.compartments import ReservationState
from app.kit.db import WriteTx


async def release_compartments(tx: WriteTx, order_ids: Collection[UUID], *, now: datetime) -> int:
    """End all claims of locked orders; returns how many there were. May be repeated. One statement without any."""
    claims = await sql.find_reservations(tx, order_ids=order_ids)
    live = [row for row in claims if row.state != ReservationState.ENDED]
    if not live:
        return 0
    terms = await sql.lock_stations(tx, {row.location_id for row in live})
    stations = await sql.load_stations(tx, terms, delivery_ids=[row.delivery_id for row in live])
    for row in live:
        stations[row.location_id].release(row.delivery_id)
    await keep_stations(tx, stations.values(), now=now)
    return len(live)
