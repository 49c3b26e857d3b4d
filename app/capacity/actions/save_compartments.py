"""A station's compartments are told, or told anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.capacity.model.parcels import Box, CompartmentSize
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.temperature import Temperature
from app.locations.actions.set_temperatures import set_temperatures
from app.locations.model import LocationKind
from app.locations.sql import places_by_id


@dataclass(frozen=True, slots=True)
class CompartmentDraft:
    """A compartment as it shall be, under its code. is_active: whether it is given to new deliveries."""

    code: str
    size: CompartmentSize
    temperature: Temperature
    inner: Box
    is_active: bool = True


async def save_compartments(
    tx: WriteTx,
    location_id: int,
    drafts: Sequence[CompartmentDraft],
    *,
    lead_days: int | None = None,
    now: datetime,
) -> list[int]:
    """Add compartments to a station, or change those with the same codes; returns their ids, in order.

    From the first one on orders get into the station only with a compartment. What was planned for one that is taken
    out, or that it does not fit into any more, is planned anew. lead_days: None leaves it. Raises NotFound, or
    InvalidInput for a location that is no station, and for a code that is there twice.
    """
    place = (await places_by_id(tx, [location_id])).get(location_id)
    if place is None:
        raise NotFound("There is no such location.", path=["input", "locationId"])
    if place.kind is not LocationKind.LOCKER_STATION:
        raise InvalidInput("Only a locker station has compartments.", path=["input", "locationId"])
    seen: set[str] = set()
    for number, draft in enumerate(drafts):
        if draft.code in seen:
            message = f"The compartment {draft.code} is there twice."
            raise InvalidInput(message, path=["input", "compartments", str(number), "code"])
        seen.add(draft.code)
    await sql.save_station(tx, location_id, lead_days)
    terms = await sql.lock_stations(tx, [location_id])
    ids = await sql.save_doors(tx, location_id, drafts)
    station = (await sql.load_stations(tx, terms))[location_id]
    for draft in drafts:
        station.set_active(ids[draft.code], is_active=draft.is_active, now=now)
    await set_temperatures(
        tx, location_id, {door.temperature for door in station.compartments.values() if door.is_active}
    )
    await keep_stations(tx, [station], now=now)
    return [ids[draft.code] for draft in drafts]
