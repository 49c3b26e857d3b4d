"""The places with units that are nearest to a point, where a channel has very many places.

They are ranked here and asked a few dozen at a time, in order. A variant that is found at few of them is looked for the
other way round: from its rows of stock to their places.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from app.inventory.graphql.levels import (
    LOCATION,
    VARIANT,
    Availability,
    Question,
    best_of_many,
    nothing_of,
    rows_of,
    totals,
)
from app.inventory.sql.availability import WHERE_FREE
from app.kit.graphql.context import Context
from app.locations.model import Nearby, Place, Point, rank_places

# From so many places on they are not all ranked and read.
MANY_PLACES: Final = 256
# Places that are asked at once, and how often before a variant counts as one that few places have.
PROBED: Final = 64
PROBES: Final = 2
SELDOM: Final = 64
_REMEMBERED: Final = 10_000
# Rows that are taken in at most.
MAX_ROWS: Final = 5_000
_OF_TOTALS: Final = frozenset({"available", "on_hand", "reserved", "allocated"})


async def nearest(context: Context, question: Question, nearby: Nearby, origin: Point) -> dict[int, Availability]:
    """question: without places of its own. Totals, where they are wanted, are added up by PostgreSQL."""
    found = nothing_of(context, question.keys)
    missing = [*question.keys]
    if question.columns is None or not _OF_TOTALS.isdisjoint(question.columns):
        found = await totals(context, question.keys, [place.id for place in nearby.places])
        missing = [key for key in missing if found[key].available]
    listed: dict[int, list[Any]] = {key: [] for key in missing}
    seldom = [key for key in missing if key in nearby.seldom]
    missing = [key for key in missing if key not in nearby.seldom]
    for ranked in islice(nearby.batches(origin, PROBED), PROBES):
        if not missing:
            break
        for row in await rows_of(context, replace(question, keys=missing, ranked=ranked), is_probe=True):
            if len(listed[row[VARIANT]]) < question.first:
                listed[row[VARIANT]].append(row)
        missing = [key for key in missing if len(listed[key]) < question.first]
    if missing or seldom:
        listed.update(await _from_stock(context, question, nearby, origin, [*missing, *seldom]))
    for key, levels in listed.items():
        found[key] = found[key]._replace(locations=levels)
    return found


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
    wanted = {
        (key, place) for key, places in where.items() for place, _ in rank_places(places, origin)[: question.first]
    }
    listed: dict[int, list[Any]] = {key: [] for key in keys}
    if not wanted:
        return listed
    ranked = rank_places({place for _, place in wanted}, origin)
    for row in await rows_of(context, replace(question, keys=keys, ranked=ranked), is_probe=True):
        if (row[VARIANT], nearby.by_id[row[LOCATION]]) in wanted:
            listed[row[VARIANT]].append(row)
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
