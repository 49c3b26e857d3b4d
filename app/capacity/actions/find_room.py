"""Where else a parcel could go."""

from datetime import datetime
from typing import Any, Final

from app.capacity import sql
from app.capacity.model.parcels import Parcel
from app.kit.db import ReadTx
from app.locations.model import rank_places
from app.locations.sql import places_by_id

# So many stations are looked at, and so many are named.
LOOKED_AT: Final = 50
NAMED: Final = 3


async def find_room(
    tx: ReadTx,
    location_id: int,
    parcel: Parcel,
    span: tuple[datetime, datetime] | None,
    *,
    placed_at: datetime | None = None,
    group_id: int | None = None,
) -> list[dict[str, Any]]:
    """The nearest other stations with a free compartment, as {location_id, code, distance_km}; an unlocked look.

    span: the period; None: the one that each station has for an order of `placed_at`. group_id: of the locations to
    choose from; None: any group that the station is in.
    """
    ids = await sql.stations_beside(tx, location_id, group_id)
    places = await places_by_id(tx, [location_id, *ids]) if ids else {}
    here = places.pop(location_id, None)
    ranked = rank_places(places.values(), None if here is None else here.point)[:LOOKED_AT]
    terms = await sql.find_stations(tx, [place.id for place, _ in ranked]) if ranked else {}
    stations = await sql.look_at_stations(tx, terms)
    found: list[dict[str, Any]] = []
    for place, distance in ranked:
        station = stations.get(place.id)
        period = span or (station and placed_at and station.terms.period(placed_at))
        if station is not None and period and station.free_for(parcel, *period) is not None:
            found.append({"location_id": place.id, "code": place.code, "distance_km": distance})
        if len(found) == NAMED:
            break
    return found
