"""What is asked of lockers."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.capacity.graphql.types import LockerCompartment, LockerRoom, LockerStation
from app.capacity.model.claims import Compartment
from app.capacity.model.stations import Station
from app.capacity.sql import find_stations, look_at_stations
from app.kit.db import ReadTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_int
from app.kit.graphql.permission import requires
from app.kit.permissions import Actor, ActorKind
from app.locations.sql import places_by_id


async def station_key(tx: ReadTx, actor: Actor, given: str, *path: str) -> int:
    """The number of a location that the caller may work at. Raises NotFound, also for those of others."""
    key = require_int(given, "Location", *path)
    place = (await places_by_id(tx, [key])).get(key) if key < 1 << 31 else None
    is_others = actor.kind is ActorKind.PARTNER and (place is None or place.partner_id != actor.partner_id)
    if place is None or is_others or not actor.may_act_at(key):
        raise NotFound("There is no such location.", path=path)
    return key


@strawberry.type
class LockerQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=LockerStation | None,
        description="A locker station with its compartments, and how many of each class are free in a period; null "
        "when nobody has told its compartments.",
        **requires("fulfillment:read", "partner:jobs"),
    )
    async def locker_station(
        self,
        info: Info,
        location_id: Annotated[strawberry.ID, strawberry.argument(description="Its location.")],
        begins: Annotated[
            datetime | None, strawberry.argument(description="From when on; null: as for an order of now.")
        ] = None,
        ends: Annotated[datetime | None, strawberry.argument(description="Until when; null: as for an order.")] = None,
    ) -> Any:
        """An unlocked look."""
        context = info.context
        async with context.read() as tx:
            key = await station_key(tx, context.actor, location_id, "locationId")
            station = (await look_at_stations(tx, await find_stations(tx, [key]))).get(key)
        if station is None:
            return None
        usual = station.terms.period(context.now)
        period = begins or usual[0], ends or usual[1]
        if period[0] >= period[1]:
            raise InvalidInput("A period ends after it begins.", path=["ends"])
        return _station(station, *period)


def _station(station: Station, begins: datetime, ends: datetime) -> LockerStation:
    doors = sorted(station.compartments.values(), key=lambda one: one.place)
    classes = dict.fromkeys((one.size, one.temperature) for one in doors)
    return LockerStation(
        location_id=station.location_id,
        lead_days=station.terms.lead_days,
        begins=begins,
        ends=ends,
        compartments=[_compartment(one) for one in doors],
        free=[
            LockerRoom(
                size=size,
                temperature=temperature,
                total=sum(one.is_active and (one.size, one.temperature) == (size, temperature) for one in doors),
                free=station.free_count(size, temperature, begins, ends),
            )
            for size, temperature in classes
        ],
    )


def _compartment(one: Compartment) -> LockerCompartment:
    return LockerCompartment(
        code=one.code,
        size=one.size,
        temperature=one.temperature,
        length_mm=one.inner.a_mm,
        width_mm=one.inner.b_mm,
        height_mm=one.inner.c_mm,
        status=one.status,
        fault=one.fault,
        is_active=one.is_active,
    )
