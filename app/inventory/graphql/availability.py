"""The relation `availability`: how much of variants the request's channel can sell, in all and where."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

import strawberry

from app.channels.graphql.batches import channel_by_code
from app.inventory.graphql.batches import LocationLevel, level_of, may_see_counters, without_counters
from app.inventory.sql import availability as sql
from app.inventory.sql.availability import Levels, Shown
from app.kit.db import Row
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE, page_size
from app.kit.row import shape
from app.locations.graphql.batches import NearInput, origin_of
from app.locations.model import Place, rank_places
from app.locations.sql.places import KEPT_STOCK_PLACES

# Levels that are read at most to be added up here: taking in more would hold up everybody else.
MAX_LEVELS: Final = 5_000
_MAX_INT: Final = 2**31 - 1
_TOTALS: Final = ("on_hand", "reserved", "allocated")
# In rows of levels: read by number, which is faster.
_VARIANT, _LOCATION, _AVAILABLE = 0, 1, 2
_variant: Final = itemgetter(_VARIANT)
_available: Final = itemgetter(_AVAILABLE)


class Availability(NamedTuple):
    """A variant over all stock-keeping locations of a channel; the chosen ones are listed.

    Counters are None for callers who may not see them. locations: rows or objects with the names of LocationLevel,
    as far as they are wanted.
    """

    variant_id: int
    on_hand: int | None
    reserved: int | None
    allocated: int | None
    available: int = 0
    locations: Sequence[Any] = ()


# What came along with the variants of a product: the locations with units, and how many each has.
LEVELS: Final = "levels"
Units: TypeAlias = tuple[Sequence[int] | None, Sequence[int] | None]
# The columns that can be made of it.
MADE_OF_UNITS: Final = frozenset({
    "variant_id", "available", "locations",
    "locations.variant_id", "locations.location_id", "locations.available", "locations.distance_km",
})  # fmt: skip
_level: Final = shape(("variant_id", "location_id", "available", "distance_km"))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about some variants. ranked: places with their distance, in order; wanted: to be listed."""

    keys: Sequence[int]
    columns: Collection[str] | None
    ranked: Sequence[tuple[Place, float | None]]
    by_rank: bool
    wanted: Collection[int] | None
    first: int


def may_see_totals(context: Context) -> bool:
    """Whether the caller may see how much a channel holds and has sold, which is more than what can be bought."""
    actor = context.actor
    return actor.may("stock:read") and actor.location_ids is None and actor.partner_id is None


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
) -> dict[int, Availability]:
    """One statement for any number of variants; the channel, its places and postal codes are reference data.

    Without `location_ids` those with available units are listed: nearest first, or, without a known postal code, those
    with most units first. Raises InvalidPostalCode, NotFound for ids that are none, InvalidInput for too many.
    """
    page_size(first)
    wanted = _wanted(location_ids)
    places = await _places(context)
    origin = await origin_of(context, near)
    ranked = rank_places(places, origin)
    known: dict[int, Units] = context.prefetched.get((LEVELS, context.channel), {})
    if wanted is None and columns is not None and MADE_OF_UNITS.issuperset(columns) and known.keys() >= set(keys):
        return {key: _of_units(key, known[key], ranked, first, by_rank=origin is not None) for key in keys}
    if columns is not None and "locations" not in columns:
        return await _totals(context, keys, [place.id for place in places])
    question = Question(keys, columns, ranked, origin is not None, wanted, first)
    return await (_best if len(keys) * len(places) > MAX_LEVELS else _levels)(context, question)


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
    total = min(sum(map(_available, levels)), _MAX_INT)
    return Availability(key, None, None, None, total, [*map(_level, levels[:first])])


async def _places(context: Context) -> Sequence[Place]:
    """The active stock-keeping locations that the request's channel sells from; none for an unknown channel."""
    channel = await channel_by_code(context, context.channel)
    if channel is None:
        return ()
    group_id = channel["location_group_id"]
    return (await context.find(KEPT_STOCK_PLACES, (group_id,)))[group_id]


def _wanted(location_ids: Sequence[strawberry.ID] | None) -> set[int] | None:
    if location_ids is None:
        return None
    if len(location_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} locations at once."
        raise InvalidInput(message, path=["locationIds"])
    return {require_int(value, "Location", "locationIds") for value in location_ids}


def _shown(context: Context) -> Shown:
    if not context.actor.may("stock:read"):
        return Shown.NONE
    return Shown.ALL if context.actor.location_ids is None else Shown.OWN


async def _totals(context: Context, keys: Sequence[int], location_ids: list[int]) -> dict[int, Availability]:
    """Nobody asks for single locations."""
    rows = await context.fetch(sql.TOTALS, variant_ids=keys, location_ids=location_ids)
    found = _nothing(context, keys)
    for row in rows:
        found[row["variant_id"]] = Availability(*row) if may_see_totals(context) else _without_totals(*row)
    return found


def _nothing(context: Context, keys: Sequence[int]) -> dict[int, Availability]:
    zero = 0 if may_see_totals(context) else None
    return {key: Availability(key, zero, zero, zero) for key in keys}


def _without_totals(key: int, _on_hand: int, _reserved: int, _allocated: int, available: int) -> Availability:
    return Availability(key, None, None, None, available)


async def _levels(context: Context, question: Question) -> dict[int, Availability]:
    """The rows are what is listed; here they are grouped, added up and cut off."""
    columns, wanted, first = question.columns, question.wanted, question.first
    sees_totals = may_see_totals(context)
    totals = _TOTALS if sees_totals and (columns is None or any(name in columns for name in _TOTALS)) else ()
    rows = await _rows(context, question, totals)
    if wanted is None and not totals:
        return _grouped(rows, question, 0 if sees_totals else None)
    nothing = (0, 0, 0) if sees_totals else (None, None, None)
    found = _nothing(context, question.keys)
    for key, some in groupby(rows, _variant):
        group: list[Row] = [*some]
        available = min(sum(map(_available, group)), _MAX_INT)
        on_hand, reserved, allocated = [min(sum(map(itemgetter(name), group)), _MAX_INT) for name in totals] or nothing
        if wanted is not None:
            group = [row for row in group if row[_LOCATION] in wanted]
        elif totals:
            group = [row for row in group if row[_AVAILABLE] > 0]
        listed = group if len(group) <= first else group[:first]
        found[key] = Availability(key, on_hand, reserved, allocated, available, listed)
    return found


def _grouped(rows: Sequence[Row], question: Question, zero: int | None) -> dict[int, Availability]:
    """What most ask for: units in all and the first locations, all of which have some. In few words, for speed."""
    first, make = question.first, tuple.__new__
    found: dict[int, Availability] = {}
    for key, some in groupby(rows, _variant):
        group = list(some)
        units = sum(map(_available, group))
        available = min(units, _MAX_INT)
        listed = group if len(group) <= first else group[:first]
        found[key] = make(Availability, (key, zero, zero, zero, available, listed))
    return {key: found.get(key) or Availability(key, zero, zero, zero) for key in question.keys}


async def _rows(context: Context, question: Question, totals: Sequence[str]) -> list[Row]:
    """All levels in the order in which they are listed; where totals are added up, also those without units."""
    read = sql.level_columns(question.columns, "locations.") | {*totals}
    statement = sql.levels_statement(
        Levels(
            read - {"variant_id", "location_id", "available"},
            _shown(context),
            by_rank=question.by_rank,
            with_empty=question.wanted is not None,
            is_short=question.wanted is None and not totals,
        )
    )
    values: dict[str, Any] = {
        "variant_ids": question.keys,
        "location_ids": [place.id for place, _ in question.ranked],
        "distances": [distance for _, distance in question.ranked],
        "own": sorted(context.actor.location_ids or ()),
    }
    return await context.fetch(statement, **{name: values[name] for name in statement.names})


async def _best(context: Context, question: Question) -> dict[int, Availability]:
    """PostgreSQL adds up, orders and cuts off."""
    wanted = question.wanted
    rows = await context.fetch(
        sql.BEST,
        variant_ids=question.keys,
        location_ids=[place.id for place, _ in question.ranked],
        wanted=[wanted is None or place.id in wanted for place, _ in question.ranked],
        with_empty=wanted is not None,
        by_rank=question.by_rank,
        first=question.first if wanted is None else MAX_PAGE,
    )
    distances = {place.id: distance for place, distance in question.ranked}
    found = _nothing(context, question.keys)
    listed: dict[int, list[LocationLevel]] = {key: [] for key in question.keys}
    for row in rows:
        key = row["variant_id"]
        sums = (row["total_on_hand"], row["total_reserved"], row["total_allocated"])
        found[key] = Availability(
            key, *(sums if may_see_totals(context) else (None, None, None)), row["total_available"], listed[key]
        )
        if row["is_listed"]:
            listed[key].append(level_of(context, row, distances[row["location_id"]]))
    if wanted is not None:
        for key, availability in found.items():
            levels = _with_empty(context, key, listed[key], distances, wanted)
            if not question.by_rank:
                levels.sort(key=lambda level: -level.available)
            found[key] = availability._replace(locations=levels[: question.first])
    return found


def _with_empty(
    context: Context,
    variant_id: int,
    levels: list[LocationLevel],
    distances: dict[int, float | None],
    wanted: Collection[int],
) -> list[LocationLevel]:
    """The wanted levels in the order of the ranking, which is that of `distances`; also where the variant never was."""
    listed = {level.location_id: level for level in levels}
    for location_id in distances.keys() & set(wanted) - listed.keys():
        level = LocationLevel(variant_id, location_id, distances[location_id])
        listed[location_id] = level if may_see_counters(context, location_id) else without_counters(level)
    return [listed[location_id] for location_id in distances if location_id in listed]
