"""The relation `availability`: how much of variants the request's channel can sell, in all and where."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Annotated, Final, TypeAlias

import strawberry

from app.channels.graphql.batches import channel_by_code
from app.inventory.graphql.levels import AVAILABLE, MAX_INT, Availability, Question, added_up, best_of_many, totals
from app.inventory.graphql.nearest import MANY_PLACES, nearest
from app.inventory.graphql.promises import promisable
from app.inventory.graphql.ruled import by_rules
from app.inventory.model.promises import AvailabilityMode
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE, page_size
from app.kit.row import shape
from app.locations.graphql.batches import NearInput, origin_of
from app.locations.model import Nearby, Place, Point, rank_places
from app.locations.sql.places import KEPT_STOCK_PLACES

describe_enum(
    AvailabilityMode,
    "Which units count.",
    {
        AvailabilityMode.FULFILLABLE_NOW: "Units that are there: they can leave today.",
        AvailabilityMode.PROMISABLE: "Also units of open purchase orders and of transfers under way whose day is known "
        "and has not passed, as far as queues, shares of channels and releases leave them to be sold.",
    },
)

# Levels that are read at most to be added up here: taking in more would hold up everybody else.
MAX_LEVELS: Final = 5_000
_NOWHERE: Final = Nearby(())
_available: Final = itemgetter(AVAILABLE)

# What came along with the variants of a product: the locations with units, and how many each has.
LEVELS: Final = "levels"
Units: TypeAlias = tuple[Sequence[int] | None, Sequence[int] | None]
# The columns that can be made of it.
MADE_OF_UNITS: Final = frozenset({
    "variant_id", "mode", "available", "locations",
    "locations.variant_id", "locations.location_id", "locations.available", "locations.distance_km",
})  # fmt: skip
_level: Final = shape(("variant_id", "location_id", "available", "distance_km"))


async def availability_by_variant(
    context: Context,
    keys: list[int],
    columns: Collection[str] | None,
    *,
    near: Annotated[
        NearInput | None,
        strawberry.argument(description="List the locations nearest to this place first."),
    ] = None,
    location_ids: Annotated[
        list[strawberry.ID] | None,
        strawberry.argument(description="List these locations only, at most 100, also where nothing is left."),
    ] = None,
    first: Annotated[
        int, strawberry.argument(description="How many locations to list, at most 100; totals count all of them.")
    ] = 5,
    mode: Annotated[
        AvailabilityMode, strawberry.argument(description="Whether units count that are expected.")
    ] = AvailabilityMode.FULFILLABLE_NOW,
) -> dict[int, Availability]:
    """One statement for any number of variants; the channel, its places and postal codes are reference data.

    Without `location_ids` those with available units are listed: nearest first, or, without a known postal code, those
    with most units first. Raises InvalidPostalCode, NotFound for ids that are none, InvalidInput for too many.
    """
    page_size(first)
    wanted = _wanted(location_ids)
    nearby = await places_of(context)
    origin = await origin_of(context, near)
    question = Question(keys, columns, (), origin is not None, wanted, first)
    found = await _before_rules(context, question, nearby, origin, mode)
    if mode is not AvailabilityMode.FULFILLABLE_NOW:
        return found
    return await by_rules(context, found, nearby, origin, question)


async def _before_rules(
    context: Context, question: Question, nearby: Nearby, origin: Point | None, mode: AvailabilityMode
) -> dict[int, Availability]:
    """What the shelves say."""
    keys, columns, wanted, first = question.keys, question.columns, question.wanted, question.first
    known: dict[int, Units] = context.prefetched.get((LEVELS, context.channel), {})
    is_now = mode is AvailabilityMode.FULFILLABLE_NOW
    if is_now and wanted is None and _is_made_of_units(columns) and known.keys() >= set(keys):
        ranked = rank_places(nearby.places, origin)
        return {key: _of_units(key, known[key], ranked, first, by_rank=origin is not None) for key in keys}
    if is_now and columns is not None and "locations" not in columns:
        return await totals(context, keys, nearby.ids)
    if is_now and origin is not None and wanted is None and len(nearby.places) > MANY_PLACES:
        return await nearest(context, question, nearby, origin)
    question = replace(question, ranked=rank_places(nearby.places, origin))
    if not is_now:
        return await promisable(context, question)
    return await (best_of_many if len(keys) * len(nearby.places) > MAX_LEVELS else added_up)(context, question)


def _is_made_of_units(columns: Collection[str] | None) -> bool:
    return columns is not None and MADE_OF_UNITS.issuperset(columns)


def _of_units(
    key: int, units: Units, ranked: Sequence[tuple[Place, float | None]], first: int, *, by_rank: bool
) -> Availability:
    """For shoppers, of what came along: all places with units."""
    location_ids, counts = units
    here: dict[int, int] = dict(zip(location_ids or (), counts or (), strict=True))
    if by_rank:
        levels = [(key, place.id, here[place.id], distance) for place, distance in ranked if place.id in here]
    else:
        levels = [(key, place.id, here[place.id], None) for place, _ in ranked if place.id in here]
        levels.sort(key=_available, reverse=True)
    total = min(sum(map(_available, levels)), MAX_INT)
    return Availability(key, None, None, None, total, [*map(_level, levels[:first])])


async def places_of(context: Context) -> Nearby:
    """The active stock-keeping locations that the request's channel sells from; none for an unknown channel."""
    channel = await channel_by_code(context, context.channel)
    if channel is None:
        return _NOWHERE
    group_id = channel["location_group_id"]
    return (await context.find(KEPT_STOCK_PLACES, (group_id,)))[group_id]


def _wanted(location_ids: Sequence[strawberry.ID] | None) -> set[int] | None:
    if location_ids is None:
        return None
    if len(location_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} locations at once."
        raise InvalidInput(message, path=["locationIds"])
    return {require_int(value, "Location", "locationIds") for value in location_ids}
