"""Availability with what is expected: how much can be promised, and from which day on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final

from app.inventory.graphql.batches import LocationLevel, level_of
from app.inventory.graphql.levels import MAX_INT, Availability, Question, may_see_totals, nothing_of, with_empty
from app.inventory.graphql.selling.types import known_terms
from app.inventory.model.promised import Expected, Promised, promised
from app.inventory.model.promises import AvailabilityMode, Promise, day_in_japan, merged, promises_of
from app.inventory.model.selling import StockKey, Terms
from app.inventory.sql.incoming import PROMISABLE
from app.kit.graphql.context import Context

_TOTALS: Final = ("on_hand", "reserved", "allocated")


async def promisable(context: Context, question: Question) -> dict[int, Availability]:
    """One statement for the levels of all places with what is expected there; added up and cut off here, by the rules
    of variants that have some.
    """
    today = day_in_japan(context.now)
    distances = {place.id: distance for place, distance in question.ranked}
    terms = await known_terms(context, question.keys)
    rows = await expected_rows(context, question.keys, terms, [*distances])
    levels: dict[int, list[LocationLevel]] = {key: [] for key in question.keys}
    sums = {key: [0, 0, 0] for key in question.keys}
    for row in rows:
        if row["variant_id"] not in levels:
            continue
        level = level_of(context, row, distances[row["location_id"]])
        level.promises = promises_in(row, today)
        level.available = min(sum(promise.quantity for promise in level.promises), MAX_INT)
        levels[level.variant_id].append(level)
        for place, name in enumerate(_TOTALS):
            sums[level.variant_id][place] += row[name]
    found = nothing_of(context, question.keys)
    expected = expected_in(rows) if terms else {}
    for key, plain in levels.items():
        here, promises = plain, merged(promise for level in plain for promise in level.promises)
        if key in terms:
            granted = promised(expected, key, [*distances], terms[key])
            here, promises = _by_rules(key, plain, granted, distances, terms[key]), granted.promises
        available = min(sum(promise.quantity for promise in promises), MAX_INT)
        listed = _listed(context, question, key, here, distances)
        found[key] = found[key]._replace(
            available=available, locations=listed, promises=promises, mode=AvailabilityMode.PROMISABLE
        )
        if may_see_totals(context):
            on_hand, reserved, allocated = (min(units, MAX_INT) for units in sums[key])
            found[key] = found[key]._replace(on_hand=on_hand, reserved=reserved, allocated=allocated)
    return found


async def expected_rows(
    context: Context, keys: Collection[int], terms: Mapping[int, Terms], location_ids: Collection[int]
) -> list[Any]:
    """What there is and what is expected of variants, and of what bundles among them are made of."""
    parts = {part.variant_id for one in terms.values() for part in one.parts} - set(keys)
    values = {"variant_ids": [*keys, *sorted(parts)], "location_ids": list(location_ids)}
    return await context.fetch(PROMISABLE, **values, today=day_in_japan(context.now))


def expected_in(rows: Iterable[Any]) -> dict[StockKey, Expected]:
    """The same for `promised`."""
    return {
        (row["variant_id"], row["location_id"]): Expected(
            row["free"], [*zip(row["days"] or (), row["units"] or (), strict=True)]
        )
        for row in rows
    }


def _by_rules(
    key: int, plain: Sequence[LocationLevel], granted: Promised, distances: Mapping[int, float | None], terms: Terms
) -> list[LocationLevel]:
    """What the rules leave of each place. A bundle has no counters of its own."""
    levels = [*plain]
    if terms.parts:
        levels = [LocationLevel(key, place, distances[place], 0, None, None, None, None) for place in granted.by_place]
    for level in levels:
        level.promises = granted.by_place.get(level.location_id, [])
        level.available = min(sum(promise.quantity for promise in level.promises), MAX_INT)
    return levels


def promises_in(row: Any, today: date) -> list[Promise]:
    """What one place can promise, of a row of PROMISABLE."""
    return promises_of(row["free"], zip(row["days"] or (), row["units"] or (), strict=True), today=today)


def _listed(
    context: Context, question: Question, key: int, levels: list[LocationLevel], distances: dict[int, float | None]
) -> list[LocationLevel]:
    """Nearest first, or those with most units."""
    if question.wanted is None:
        chosen = [level for level in levels if level.available]
        if question.by_rank:
            position = {location_id: number for number, location_id in enumerate(distances)}
            chosen.sort(key=lambda level: position[level.location_id])
    else:
        wanted = [level for level in levels if level.location_id in question.wanted]
        chosen = with_empty(context, key, wanted, distances, question.wanted)
    if not question.by_rank:
        chosen.sort(key=attrgetter("available"), reverse=True)
    return chosen[: question.first]
