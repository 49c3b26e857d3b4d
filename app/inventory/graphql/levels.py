"""Levels of variants at places, added up and cut off: what `availability` is made of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from app.inventory.graphql.batches import LocationLevel, level_of, may_see_counters, without_counters
from app.inventory.model.promises import AvailabilityMode, Promise
from app.inventory.sql import availability as sql
from app.inventory.sql.availability import Levels, Shown
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.paging import MAX_PAGE
from app.locations.model import Place

MAX_INT: Final = 2**31 - 1
_TOTALS: Final = ("on_hand", "reserved", "allocated")
# In rows of levels: read by number, which is faster.
VARIANT, LOCATION, AVAILABLE = 0, 1, 2


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
    promises: Sequence[Promise] = ()
    mode: AvailabilityMode = AvailabilityMode.FULFILLABLE_NOW


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


def shown_to(context: Context) -> Shown:
    """Of which locations the caller may see the counters."""
    if not context.actor.may("stock:read"):
        return Shown.NONE
    return Shown.ALL if context.actor.location_ids is None else Shown.OWN


_variant: Final = itemgetter(VARIANT)
_available: Final = itemgetter(AVAILABLE)


async def totals(context: Context, keys: Sequence[int], location_ids: Sequence[int]) -> dict[int, Availability]:
    """Nobody asks for single locations."""
    rows = await context.fetch(sql.TOTALS, variant_ids=keys, location_ids=location_ids)
    found = nothing_of(context, keys)
    for row in rows:
        found[row["variant_id"]] = Availability(*row) if may_see_totals(context) else _without_totals(*row)
    return found


def nothing_of(context: Context, keys: Sequence[int]) -> dict[int, Availability]:
    """What there is of variants that are nowhere."""
    zero = 0 if may_see_totals(context) else None
    return {key: Availability(key, zero, zero, zero) for key in keys}


def _without_totals(key: int, _on_hand: int, _reserved: int, _allocated: int, available: int) -> Availability:
    return Availability(key, None, None, None, available)


async def added_up(context: Context, question: Question) -> dict[int, Availability]:
    """The rows are what is listed; here they are grouped, added up and cut off."""
    columns, wanted, first = question.columns, question.wanted, question.first
    sees_totals = may_see_totals(context)
    counters = _TOTALS if sees_totals and (columns is None or any(name in columns for name in _TOTALS)) else ()
    rows = await rows_of(context, question, counters)
    if wanted is None and not counters:
        return _grouped(rows, question, 0 if sees_totals else None)
    nothing = (0, 0, 0) if sees_totals else (None, None, None)
    found = nothing_of(context, question.keys)
    for key, some in groupby(rows, _variant):
        group: list[Row] = [*some]
        available = min(sum(map(_available, group)), MAX_INT)
        on_hand, reserved, allocated = [min(sum(map(itemgetter(name), group)), MAX_INT) for name in counters] or nothing
        if wanted is not None:
            group = [row for row in group if row[LOCATION] in wanted]
        elif counters:
            group = [row for row in group if row[AVAILABLE] > 0]
        listed = group if len(group) <= first else group[:first]
        found[key] = Availability(key, on_hand, reserved, allocated, available, listed)
    return found


def _grouped(rows: Sequence[Row], question: Question, zero: int | None) -> dict[int, Availability]:
    """What most ask for: units in all and the first locations, all of which have some. In few words, for speed."""
    first, make, mode = question.first, tuple.__new__, AvailabilityMode.FULFILLABLE_NOW
    found: dict[int, Availability] = {}
    for key, some in groupby(rows, _variant):
        group = list(some)
        units = sum(map(_available, group))
        available = min(units, MAX_INT)
        listed = group if len(group) <= first else group[:first]
        found[key] = make(Availability, (key, zero, zero, zero, available, listed, (), mode))
    return {key: found.get(key) or Availability(key, zero, zero, zero) for key in question.keys}


async def rows_of(context: Context, question: Question, counters: Sequence[str]) -> list[Row]:
    """All levels in the order in which they are listed; where counters are added up, also those without units."""
    read = sql.level_columns(question.columns, "locations.") | {*counters}
    statement = sql.levels_statement(
        Levels(
            read - {"variant_id", "location_id", "available"},
            shown_to(context),
            by_rank=question.by_rank,
            with_empty=question.wanted is not None,
            is_short=question.wanted is None and not counters,
        )
    )
    values: dict[str, Any] = {
        "variant_ids": question.keys,
        "location_ids": [place.id for place, _ in question.ranked],
        "distances": [distance for _, distance in question.ranked],
        "own": sorted(context.actor.location_ids or ()),
    }
    return await context.fetch(statement, **{name: values[name] for name in statement.names})


async def best_of_many(context: Context, question: Question) -> dict[int, Availability]:
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
    found = nothing_of(context, question.keys)
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
            levels = with_empty(context, key, listed[key], distances, wanted)
            if not question.by_rank:
                levels.sort(key=lambda level: -level.available)
            found[key] = availability._replace(locations=levels[: question.first])
    return found


def with_empty(
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
