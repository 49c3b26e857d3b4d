"""Root fields of the locations slice."""

from typing import Annotated, Any

import strawberry

from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int
from app.kit.graphql.types import page_info
from app.kit.paging import Page, decode_cursor, make_page, page_size
from app.locations.graphql.batches import NearInput, origin_of
from app.locations.graphql.types import (
    Location,
    LocationConnection,
    LocationEdge,
    LocationGroup,
    Prefecture,
)
from app.locations.model import PREFECTURES, LocationKind, Point
from app.locations.sql import groups, locations

argument = strawberry.argument


@strawberry.type
class LocationsQuery:
    """Public: where the shop is, is no secret."""

    @strawberry.field(
        description="Active locations that pass all filters: nearest first with `near`, else in order of their making."
    )
    async def locations(
        self,
        info: Info,
        *,
        first: Annotated[int, argument(description="At most 100.")] = 20,
        after: Annotated[str | None, argument(description="The cursor of a row: go on behind it.")] = None,
        kinds: Annotated[list[LocationKind] | None, argument(description="Only of these kinds.")] = None,
        near: Annotated[
            NearInput | None, argument(description="Nearest first from here; those without coordinates last.")
        ] = None,
        prefecture: Annotated[int | None, argument(description="Only in this one: JIS X 0401, 1 to 47.")] = None,
        hands_over: Annotated[bool | None, argument(description="Only where one can (not) collect.")] = None,
        holds_stock: Annotated[bool | None, argument(description="Only with (without) stock.")] = None,
        group: Annotated[str | None, argument(description="Only in the group with this code.")] = None,
    ) -> LocationConnection:
        """One page; two statements, and one each for a group's code and a postal code."""
        context = info.context
        limit = page_size(first)
        filters = {
            "kinds": None if kinds is None else [str(kind) for kind in kinds],
            "prefecture": _known_prefecture(prefecture),
            "hands_over": hands_over,
            "holds_stock": holds_stock,
            "group_id": await _group_id(context, group),
        }
        origin = await _origin(context, near)
        page = await (
            _in_order(context, filters, limit, after)
            if origin is None
            else _nearest(context, filters, limit, after, origin)
        )
        return _connection(page)

    @strawberry.field(
        graphql_type=Location | None,
        description="The location with this id or this code; null when there is none. Say one of the two.",
    )
    async def location(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, argument(description="Its global id.")] = None,
        code: Annotated[str | None, argument(description="The shop's short name for it.")] = None,
    ) -> Any:
        """Inactive ones are found too, because old orders name them."""
        if (id is None) == (code is None):
            message = "Say either id or code."
            raise InvalidInput(message)
        if id is not None:
            return await info.context.fetchrow(locations.LOCATION_BY_ID, id=require_int(id, "Location", "id"))
        if not code or not code.isprintable():
            return None
        return await info.context.fetchrow(locations.LOCATION_BY_CODE, code=code)

    @strawberry.field(graphql_type=list[LocationGroup], description="All groups of locations, in order of their code.")
    async def location_groups(self, info: Info) -> Any:
        """There are a handful."""
        return await info.context.fetch(groups.GROUPS)

    @strawberry.field(description="The 47 prefectures of Japan, in order of their number: for address forms.")
    async def prefectures(self) -> list[Prefecture]:
        """A constant."""
        return [Prefecture(code=code, names=names) for code, names in PREFECTURES.items()]


def _known_prefecture(number: int | None) -> int | None:
    if number is not None and number not in PREFECTURES:
        message = "A prefecture has a number from 1 to 47."
        raise InvalidInput(message, path=["prefecture"])
    return number


async def _group_id(context: Context, code: str | None) -> int | None:
    if code is None:
        return None
    found = None
    if code.isprintable():
        async with context.read() as tx:
            found = await groups.group_id_by_code(tx, code)
    if found is None:
        message = "There is no group of locations with this code."
        raise NotFound(message, path=["group"])
    return found


async def _origin(context: Context, near: NearInput | None) -> Point | None:
    if near is None:
        return None
    origin = await origin_of(context, near)
    if origin is None:
        message = "Nobody knows where this postal code lies."
        raise NotFound(message, path=["near", "postalCode"])
    return origin


async def _in_order(context: Context, filters: dict[str, Any], first: int, after: str | None) -> Page:
    after_id: int = decode_cursor(after, [int])[0] if after is not None else 0
    rows = await context.fetch(locations.LOCATIONS_BY_ORDER, **filters, after_id=after_id, limit=first + 1)
    return make_page(rows, first, ["id"], after=after, total_count=await _count(context, filters))


async def _nearest(context: Context, filters: dict[str, Any], first: int, after: str | None, origin: Point) -> Page:
    after_km, after_id = decode_cursor(after, [float, int]) if after is not None else (-1.0, 0)
    rows = await context.fetch(
        locations.LOCATIONS_BY_DISTANCE,
        **filters,
        latitude=origin.latitude,
        longitude=origin.longitude,
        after_km=after_km,
        after_id=after_id,
        limit=first + 1,
    )
    count = await _count(context, filters)
    return make_page(rows, first, ["rank_km", "id"], after=after, total_count=count)


async def _count(context: Context, filters: dict[str, Any]) -> int:
    row = await context.fetchrow(locations.COUNT_LOCATIONS, **filters)
    return row["total"] if row is not None else 0


def _connection(page: Page) -> LocationConnection:
    rows: list[Any] = list(page.rows)
    return LocationConnection(
        edges=[
            LocationEdge(cursor=cursor, node=row, distance_km=row.get("distance_km"))
            for cursor, row in zip(page.cursors, rows, strict=True)
        ],
        nodes=rows,
        page_info=page_info(page),
        total_count=page.total_count,
    )
