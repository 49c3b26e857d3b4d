"""Goods that were not collected in time are still in the way of the next ones."""

from datetime import datetime
from typing import Final

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.kit.db import WriteTx

MOST: Final = 50


async def replan_overstays(tx: WriteTx, *, now: datetime) -> int:
    """Whoever was to come next goes elsewhere, at up to MOST stations; returns at how many. May be repeated."""
    found = await sql.overstayed_stations(tx, now=now, limit=MOST)
    if not found:
        return 0
    terms = await sql.lock_stations(tx, found)
    stations = await sql.load_stations(tx, terms)
    for station in stations.values():
        station.overstay(now)
    await keep_stations(tx, stations.values(), now=now)
    return len(stations)
