"""Locations as places to choose from: what sourcing and pickup options read."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, func, literal_column, select

from app.kit.db import ReadTx, Row
from app.kit.reference import Kept
from app.kit.statement import Statement
from app.locations.model import LocationKind, Nearby, Place, Point
from app.locations.tables import location_group_members, locations, pickup_networks

_KINDS: Final = {str(kind): kind for kind in LocationKind}
# What the location itself says, or else its network. Null where goods wait as they come: thousands of places do.
_network: Final = (
    select(pickup_networks.c.temperatures).where(pickup_networks.c.code == locations.c.network_code).scalar_subquery()
)
_temperatures: Final = func.nullif(
    func.coalesce(locations.c.temperatures, _network), literal_column("'{AMBIENT}'::text[]")
)
_PLACE: Final = select(
    locations.c.id,
    locations.c.code,
    locations.c.kind,
    locations.c.latitude,
    locations.c.longitude,
    locations.c.prefecture,
    locations.c.partner_id,
    locations.c.holds_stock,
    locations.c.ships_orders,
    locations.c.hands_over,
    locations.c.hold_days,
    _temperatures.label("temperatures"),
)
_PLACES_OF_GROUP: Final = Statement(
    _PLACE.join(location_group_members, location_group_members.c.location_id == locations.c.id)
    .where(location_group_members.c.group_id == bindparam("group_id", type_=Integer), locations.c.is_active)
    .order_by(locations.c.id)
)
# A channel may offer thousands of pickup points, and few of its locations hold stock.
_STOCK_PLACES_OF_GROUP: Final = Statement(
    _PLACE.join(location_group_members, location_group_members.c.location_id == locations.c.id)
    .where(location_group_members.c.group_id == bindparam("group_id", type_=Integer), locations.c.is_active)
    .where(locations.c.holds_stock | (locations.c.id == func.any(bindparam("also", type_=ARRAY(Integer)))))
    .order_by(locations.c.id)
)
_OPEN_PLACES: Final = Statement(
    _PLACE.join(location_group_members, location_group_members.c.location_id == locations.c.id)
    .where(location_group_members.c.group_id == bindparam("group_id", type_=Integer), locations.c.is_active)
    .where(locations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)
_PLACES_BY_ID: Final = Statement(_PLACE.where(locations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))))
# A literal, so that the partial unique index on this kind is used.
_TRANSIT: Final = Statement(select(locations.c.id).where(locations.c.kind == literal_column("'IN_TRANSIT'")))


async def places_of_group(tx: ReadTx, group_id: int) -> list[Place]:
    """The active locations of a group, in order of id."""
    return [_place(row) for row in await tx.fetch(_PLACES_OF_GROUP, group_id=group_id)]


async def stock_places_of_group(tx: ReadTx, group_id: int, *, also: Iterable[int] = ()) -> list[Place]:
    """The active locations of a group that hold stock, and those of its locations `also` named, in order of id."""
    return [_place(row) for row in await tx.fetch(_STOCK_PLACES_OF_GROUP, group_id=group_id, also=list(also))]


async def _load_stock_places(tx: ReadTx, group_ids: list[int]) -> Mapping[int, Nearby]:
    return {group_id: Nearby(await stock_places_of_group(tx, group_id)) for group_id in group_ids}


# The active locations of a group that hold stock, by the group's id.
KEPT_STOCK_PLACES: Final = Kept(frozenset({"locations", "location_group_members"}), _load_stock_places, capacity=100)


async def open_places(tx: ReadTx, group_id: int, ids: Iterable[int]) -> dict[int, Place]:
    """Those of the locations that are active and in the group, by id."""
    return {row.id: _place(row) for row in await tx.fetch(_OPEN_PLACES, group_id=group_id, ids=list(ids))}


async def places_by_id(tx: ReadTx, ids: Iterable[int]) -> dict[int, Place]:
    """Locations by id, active or not; ids that do not exist are left out."""
    return {row.id: _place(row) for row in await tx.fetch(_PLACES_BY_ID, ids=list(ids))}


async def transit_location_id(tx: ReadTx) -> int:
    """The location that holds units on their way between two others."""
    return await tx.fetchval(_TRANSIT)


def _place(row: Row) -> Place:
    # In the order of _PLACE: a channel may have thousands of places, and each pickup question reads them all.
    place_id, code, kind, latitude, longitude, *rest = row
    point = None if latitude is None else Point(latitude, longitude)
    return Place(place_id, code, _KINDS[kind], point, *rest)
