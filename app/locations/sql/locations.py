"""Locations as the API shows them and as their owner saves them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.reference import Kept
from app.kit.statement import Statement
from app.locations.model import LocationDraft
from app.locations.model.places import EARTH_RADIUS_KM
from app.locations.tables import location_group_members, locations

COUNT_LIMIT: Final = 10_000
# Sorts places without coordinates behind all others; no distance on earth is longer than 20,016 km.
NOWHERE_KM: Final = 1_000_000.0

_is_real: Final = locations.c.kind != literal_column("'IN_TRANSIT'")

# Ids come from outside, where a number may be larger than any location's.
LOCATIONS_BY_ID: Final = Statement(
    select(locations).where(locations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))), generic=True
)


async def _load(tx: ReadTx, ids: list[int]) -> Mapping[int, Row]:
    return {row["id"]: row for row in await tx.fetch(LOCATIONS_BY_ID, ids=ids)}


# Whole rows, active or not, by id.
KEPT_LOCATIONS: Final = Kept(frozenset({"locations"}), _load)
LOCATION_BY_CODE: Final = Statement(
    select(locations).where(locations.c.code == bindparam("code", type_=Text), _is_real)
)
LOCATIONS_BY_CODE: Final = Statement(
    select(locations).where(locations.c.code == func.any(bindparam("codes", type_=ARRAY(Text))), _is_real)
)
LOCATION_BY_ID: Final = Statement(
    select(locations).where(locations.c.id == bindparam("id", type_=BigInteger), _is_real)
)


def _unless_null(name: str, kind: Any, condition: Callable[[Any], Any]) -> ColumnElement[bool]:
    """A filter that is off while its parameter is NULL."""
    parameter = bindparam(name, type_=kind)
    return or_(parameter.is_(None), condition(parameter))


# Which locations a key is limited to: those that it names, its partner's, or those that are both.
LOCATIONS_OF_ACTOR: Final = Statement(
    select(locations)
    .where(
        _is_real,
        _unless_null("ids", ARRAY(Integer), lambda ids: locations.c.id == func.any(ids)),
        _unless_null("partner_id", Uuid, lambda partner_id: locations.c.partner_id == partner_id),
    )
    .order_by(locations.c.id)
    .limit(bindparam("limit", type_=Integer))
)


def _distance_km() -> ColumnElement[Any]:
    """The haversine of `app.locations.model.distance_km`; NULL for places without coordinates."""
    two = literal_column("2")
    latitude, longitude = bindparam("latitude", type_=Float), bindparam("longitude", type_=Float)
    half_latitude = func.sin(func.radians(locations.c.latitude - latitude) / two)
    half_longitude = func.sin(func.radians(locations.c.longitude - longitude) / two)
    scale = func.cos(func.radians(latitude)) * func.cos(func.radians(locations.c.latitude))
    square = func.power(half_latitude, two) + scale * func.power(half_longitude, two)
    # LEAST ignores NULL, so that without the CASE a place without coordinates would lie at the antipodes.
    angle = func.asin(func.sqrt(func.least(literal_column("1"), square)))
    km = cast(func.round(cast(literal_column(str(2 * EARTH_RADIUS_KM)) * angle, Numeric), literal_column("3")), Float)
    return case((locations.c.latitude.is_not(None), km))


def _matching(*columns: ColumnElement[Any]) -> Select[Any]:
    """Active locations that pass the filters of the `locations` field."""
    in_group = select(location_group_members.c.location_id).where(
        location_group_members.c.group_id == bindparam("group_id", type_=Integer)
    )
    return select(*locations.c, *columns).where(
        locations.c.is_active,
        _is_real,
        _unless_null("kinds", ARRAY(Text), lambda kinds: locations.c.kind == func.any(kinds)),
        _unless_null("prefecture", Integer, lambda number: locations.c.prefecture == number),
        _unless_null("hands_over", Boolean, lambda yes: locations.c.hands_over == yes),
        _unless_null("holds_stock", Boolean, lambda yes: locations.c.holds_stock == yes),
        _unless_null("group_id", Integer, lambda _: locations.c.id.in_(in_group)),
    )


_by_order: Final = _matching().cte("matching")
_by_distance: Final = _matching(_distance_km().label("distance_km")).cte("matching")
_rank_km: Final = func.coalesce(_by_distance.c.distance_km, literal_column(str(NOWHERE_KM)))

LOCATIONS_BY_ORDER: Final = Statement(
    select(_by_order)
    .where(_by_order.c.id > bindparam("after_id", type_=BigInteger))
    .order_by(_by_order.c.id)
    .limit(bindparam("limit", type_=Integer))
)
LOCATIONS_BY_DISTANCE: Final = Statement(
    select(_by_distance, _rank_km.label("rank_km"))
    .where(
        tuple_(_rank_km, _by_distance.c.id)
        > tuple_(bindparam("after_km", type_=Float), bindparam("after_id", type_=BigInteger))
    )
    .order_by(_rank_km, _by_distance.c.id)
    .limit(bindparam("limit", type_=Integer))
)
COUNT_LOCATIONS: Final = Statement(
    select(func.count().label("total")).select_from(
        _matching().with_only_columns(locations.c.id).limit(literal_column(str(COUNT_LIMIT))).subquery()
    )
)

# Whose network a location is in is said with the network.
_NOT_DRAFTED: Final = frozenset({"id", "network_code", "temperatures", "version", "created_at"})
_DRAFTED: Final = tuple(column for column in locations.c if column.name not in _NOT_DRAFTED)
_drafted: Final = upsert(locations).from_select(
    [column.name for column in _DRAFTED],
    select(*(func.unnest(bindparam(column.name, type_=ARRAY(column.type))) for column in _DRAFTED)),
)
_UPSERT: Final = Statement(
    _drafted.on_conflict_do_update(
        index_elements=["code"],
        set_={
            **{column.name: _drafted.excluded[column.name] for column in _DRAFTED},
            "version": locations.c.version + literal_column("1"),
        },
        where=or_(*(column.is_distinct_from(_drafted.excluded[column.name]) for column in _DRAFTED)),
    ).returning(locations.c.id, locations.c.code, locations.c.is_active, locations.c.version)
)
_IDS_BY_CODE: Final = Statement(
    select(locations.c.code, locations.c.id).where(locations.c.code == func.any(bindparam("codes", type_=ARRAY(Text))))
)


async def upsert_locations(tx: WriteTx, drafts: Sequence[LocationDraft]) -> list[Row]:
    """Write checked drafts; returns (id, code, is_active, version) of those that are new or changed."""
    values: dict[str, list[Any]] = {column.name: [] for column in _DRAFTED}
    for draft in drafts:
        for name, value in _columns_of(draft).items():
            values[name].append(value)
    return await tx.fetch(_UPSERT, **values)


async def location_ids_by_code(tx: ReadTx, codes: Iterable[str]) -> dict[str, int]:
    """Ids by code; codes that do not exist are left out."""
    return {row.code: row.id for row in await tx.fetch(_IDS_BY_CODE, codes=list(codes))}


def _columns_of(draft: LocationDraft) -> dict[str, Any]:
    return {
        "code": draft.code,
        "kind": str(draft.kind),
        "names": dict(draft.names),
        "partner_id": draft.partner_id,
        "prefecture": draft.prefecture,
        "postal_code": draft.postal_code,
        "address": draft.address,
        "latitude": draft.point.latitude if draft.point else None,
        "longitude": draft.point.longitude if draft.point else None,
        "hours": {day: [list(pair) for pair in ranges] for day, ranges in draft.hours.items()},
        "timezone": draft.timezone,
        "holds_stock": draft.does.holds_stock,
        "ships_orders": draft.does.ships_orders,
        "hands_over": draft.does.hands_over,
        "hold_days": draft.hold_days,
        "is_active": draft.is_active,
    }
