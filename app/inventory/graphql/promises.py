"""Availability with what is expected: how much can be promised, and from which day on."""

from datetime import date
from operator import attrgetter
from typing import Any, Final

from app.inventory.graphql.batches import LocationLevel, level_of
from app.inventory.graphql.levels import MAX_INT, Availability, Question, may_see_totals, nothing_of, with_empty
from app.inventory.model.promises import AvailabilityMode, Promise, day_in_japan, merged, promises_of
from app.inventory.sql.incoming import PROMISABLE
from app.kit.graphql.context import Context

_TOTALS: Final = ("on_hand", "reserved", "allocated")


async def promisable(context: Context, question: Question) -> dict[int, Availability]:
    """One statement for the levels of all places with what is expected there; added up and cut off here."""
    today = day_in_japan(context.now)
    distances = {place.id: distance for place, distance in question.ranked}
    rows = await context.fetch(PROMISABLE, variant_ids=question.keys, location_ids=[*distances], today=today)
    levels: dict[int, list[LocationLevel]] = {key: [] for key in question.keys}
    sums = {key: [0, 0, 0] for key in question.keys}
    for row in rows:
        level = level_of(context, row, distances[row["location_id"]])
        level.promises = promises_in(row, today)
        level.available = min(sum(promise.quantity for promise in level.promises), MAX_INT)
        levels[level.variant_id].append(level)
        for place, name in enumerate(_TOTALS):
            sums[level.variant_id][place] += row[name]
    found = nothing_of(context, question.keys)
    for key, here in levels.items():
        promises = merged(promise for level in here for promise in level.promises)
        available = min(sum(promise.quantity for promise in promises), MAX_INT)
        listed = _listed(context, question, key, here, distances)
        found[key] = found[key]._replace(
            available=available, locations=listed, promises=promises, mode=AvailabilityMode.PROMISABLE
        )
        if may_see_totals(context):
            on_hand, reserved, allocated = (min(units, MAX_INT) for units in sums[key])
            found[key] = found[key]._replace(on_hand=on_hand, reserved=reserved, allocated=allocated)
    return found


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
