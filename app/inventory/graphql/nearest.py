"""The places with units that are nearest to a point, where a channel has very many places.

They are ranked here and asked a few dozen at a time, in order. A variant that is found at few of them is looked for the
other way round: from its rows of stock to their places.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from app.inventory.graphql.levels import (
    VARIANT,
    Availability,
    Question,
    best_of_many,
    nothing_of,
    shown_to,
    totals,
)
from app.inventory.sql.availability import COUNTERS, WHERE_FREE, Shown, level_columns, nearest_statement
from app.kit.graphql.context import Context
from app.kit.row import shape
from app.kit.statement import Statement
from app.locations.model import Nearby, Place, Point, Ranked, rank_places

# From so many places on they are not all ranked and read.
MANY_PLACES: Final = 256
# Places that are asked at first, four times as many each time later, and how often before a variant counts as one that
# few places have.
PROBED: Final = 32
PROBES: Final = 2
SELDOM: Final = 64
_REMEMBERED: Final = 10_000
# Rows that are taken in at most.
MAX_ROWS: Final = 5_000
_ALWAYS: Final = frozenset({"variant_id", "location_id", "available", "distance_km"})
_rank: Final = itemgetter(-1)
_OF_TOTALS: Final = frozenset({"available", "on_hand", "reserved", "allocated"})


async def nearest(context: Context, question: Question, nearby: Nearby, origin: Point) -> dict[int, Availability]:
    """question: without places of its own. Totals, where they are wanted, are added up by PostgreSQL."""
    found = nothing_of(context, question.keys)
    missing = [*question.keys]
    if question.columns is None or not _OF_TOTALS.isdisjoint(question.columns):
        found = await totals(context, question.keys, nearby.ids)
        missing = [key for key in missing if found[key].available]
    listed: dict[int, list[Any]] = {key: [] for key in missing}
    seldom = [key for key in missing if key in nearby.seldom]
    if seldom:
        missing = [key for key in missing if key not in nearby.seldom]
    batches = nearby.batches(origin, max(PROBED, 2 * question.first))
    for _ in range(PROBES if missing else 0):
        await _probe(context, question, missing, next(batches), listed)
        missing = [key for key in missing if len(listed[key]) < question.first]
        if not missing:
            break
    if missing or seldom:
        listed.update(await _from_stock(context, question, nearby, origin, [*missing, *seldom]))
    for key, levels in listed.items():
        found[key] = found[key]._replace(locations=levels)
    return found


async def _probe(
    context: Context, question: Question, keys: Sequence[int], ranked: Ranked, listed: dict[int, list[Any]]
) -> None:
    """List the first of these places that have the variants, behind those that are listed already."""
    columns, first = question.columns, question.first
    statement, make = _probing(None if columns is None else frozenset(columns), shown_to(context))
    values: dict[str, Any] = {"variant_ids": keys, "location_ids": ranked.ids, "first": first}
    if "own" in statement.names:
        values["own"] = sorted(context.actor.location_ids or ())
    rows = await context.fetch(statement, **values)
    rows.sort(key=_rank)
    for row in rows:
        levels = listed[row[VARIANT]]
        if len(levels) < first:
            *level, rank = row
            levels.append(make((*level, ranked.distance_km(rank - 1))))


@lru_cache(maxsize=256)
def _probing(asked: frozenset[str] | None, shown: Shown) -> tuple[Statement, Callable[[tuple[Any, ...]], Any]]:
    """The statement, and what makes a level of one of its rows and the distance."""
    columns = level_columns(asked, "locations.") - _ALWAYS
    read = [name for name in COUNTERS if name in columns] + (["version"] if "version" in columns else [])
    return nearest_statement(columns, shown), shape(("variant_id", "location_id", "available", *read, "distance_km"))


async def _from_stock(
    context: Context, question: Question, nearby: Nearby, origin: Point, keys: Sequence[int]
) -> dict[int, list[Any]]:
    """The nearest levels of variants, found from their rows of stock."""
    rows = await context.fetch(WHERE_FREE, variant_ids=keys, limit=MAX_ROWS + 1)
    if len(rows) > MAX_ROWS:
        ranked = rank_places(nearby.places, origin)
        best = await best_of_many(context, replace(question, keys=keys, ranked=ranked))
        return {key: [*best[key].locations] for key in keys}
    where: dict[int, list[Place]] = {key: [] for key in keys}
    for variant_id, location_id in rows:
        place = nearby.by_id.get(location_id)
        if place is not None:
            where[variant_id].append(place)
    _remember(nearby, where)
    chosen = {place for places in where.values() for place, _ in rank_places(places, origin)[: question.first]}
    listed: dict[int, list[Any]] = {key: [] for key in keys}
    if chosen:
        ranked = rank_places(chosen, origin)
        places = Ranked([place.id for place, _ in ranked], lambda number: ranked[number][1])
        await _probe(context, question, keys, places, listed)
    return listed


def _remember(nearby: Nearby, where: dict[int, list[Place]]) -> None:
    """Which variants are at few places. A memory that is wrong costs time and changes no answer."""
    if len(nearby.seldom) > _REMEMBERED:
        nearby.seldom.clear()
    for key, places in where.items():
        if len(places) <= SELDOM:
            nearby.seldom.add(key)
        else:
            nearby.seldom.discard(key)
