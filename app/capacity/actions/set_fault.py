"""A compartment does not work, or works again."""

from datetime import datetime

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.kit.db import WriteTx
from app.kit.errors import NotFound


async def set_fault(tx: WriteTx, location_id: int, code: str, fault: str | None, *, now: datetime) -> int:
    """Say what is wrong with a compartment, or None: it works. Returns its id. May be repeated.

    One that does not work takes nothing; what was planned for it is planned anew. Raises NotFound.
    """
    terms = await sql.lock_stations(tx, [location_id])
    stations = await sql.load_stations(tx, terms)
    station = stations.get(location_id)
    found = None if station is None else next((one for one in station.compartments.values() if one.code == code), None)
    if station is None or found is None:
        raise NotFound("There is no such compartment.", path=["input", "code"])
    if fault is None:
        station.repair(found.id)
    else:
        station.fault(found.id, fault, now)
    await keep_stations(tx, [station], now=now)
    return found.id
