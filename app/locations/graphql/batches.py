"""Relations of the locations slice, and the place that lists are sorted around."""

from collections.abc import Hashable
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from app.engine.relations import rows_by
from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.context import Context
from app.kit.paging import page_size
from app.locations.model import Point, parse_postal_code
from app.locations.sql.groups import KEPT_GROUPS
from app.locations.sql.locations import KEPT_LOCATIONS, LOCATIONS_BY_CODE, LOCATIONS_OF_ACTOR
from app.locations.sql.networks import NETWORKS_BY_CODE
from app.locations.sql.postal_areas import KEPT_POINTS

Columns = set[str]
# The locations that a caller is limited to: the ids on its key, the partner that it belongs to.
Limits: TypeAlias = tuple[frozenset[int] | None, UUID | None]


@strawberry.input(description="A point on earth, WGS 84.")
class CoordinatesInput:
    """Checked by `origin_of`."""

    latitude: float = strawberry.field(description="Degrees north, -90 to 90.")
    longitude: float = strawberry.field(description="Degrees east, -180 to 180.")

    def __hash__(self) -> int:
        return hash((self.latitude, self.longitude))


@strawberry.input(one_of=True, description="Where somebody is: say exactly one of the two.")
class NearInput:
    """Hashable, because it is an argument of relations."""

    postal_code: str | None = strawberry.field(
        description="A Japanese postal code, such as 150-0001.", default=strawberry.UNSET
    )
    coordinates: CoordinatesInput | None = strawberry.field(
        description="A point, as a browser's geolocation gives it.", default=strawberry.UNSET
    )

    def __hash__(self) -> int:
        given: tuple[Hashable, ...] = (self.postal_code or None, self.coordinates or None)
        return hash(given)


async def origin_of(context: Context, near: NearInput | None) -> Point | None:
    """The point that `near` means. None without `near`, and when nobody knows where the postal code lies.

    Raises InvalidPostalCode, or InvalidInput for coordinates that are not on earth.
    """
    if near is None:
        return None
    if near.coordinates:
        point = Point.read(near.coordinates.latitude, near.coordinates.longitude)
        if not point.is_on_earth():
            message = "Latitudes lie between -90 and 90, longitudes between -180 and 180."
            raise InvalidInput(message, path=["near", "coordinates"])
        return point
    try:
        code = parse_postal_code(near.postal_code or "")
    except DomainError as error:
        raise error.at("near", "postalCode") from None
    return (await context.find(KEPT_POINTS, (code,))).get(code)


async def locations_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Any]:
    """Locations, active or not, the one for goods on their way included."""
    del columns
    return await context.find(KEPT_LOCATIONS, keys)


async def locations_by_code(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Any]:
    """Locations, active or not, by the shop's short names for them."""
    del columns
    return rows_by(await context.fetch(LOCATIONS_BY_CODE, codes=[key for key in keys if key.isprintable()]), "code")


async def locations_of_list(
    context: Context, keys: list[tuple[int, ...]], columns: Columns | None
) -> dict[tuple[int, ...], list[Any]]:
    """Locations, active or not, in the order of the ids that were saved together."""
    found = await locations_by_id(context, sorted({one for key in keys for one in key}), columns)
    return {key: [found[one] for one in key if one in found] for key in keys}


async def groups_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Any]:
    """Groups of locations."""
    del columns
    return await context.find(KEPT_GROUPS, keys)


async def locations_of_actor(
    context: Context,
    keys: list[Limits],
    columns: Columns | None,
    *,
    first: Annotated[int, strawberry.argument(description="At most 100.")] = 100,
) -> dict[Limits, list[Any]]:
    """The locations within the limits of a caller; there is one caller, and so one key."""
    del columns
    limit = page_size(first)
    return {
        (ids, partner_id): await context.fetch(
            LOCATIONS_OF_ACTOR,
            ids=None if ids is None else sorted(ids),
            partner_id=partner_id,
            limit=limit,
        )
        for ids, partner_id in keys
    }


async def networks_by_code(context: Context, keys: list[str], columns: set[str] | None) -> dict[str, Any]:
    """Networks; they are public, as buyers see whose rules hold."""
    del columns
    return {row["code"]: row for row in await context.fetch(NETWORKS_BY_CODE, codes=keys)}
