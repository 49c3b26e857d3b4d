"""Availability of variants that are sold by rules: what the checkout would grant, from the same function."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.channels.graphql.batches import channel_by_code
from app.inventory.graphql.batches import LocationLevel
from app.inventory.graphql.levels import Availability, Question
from app.inventory.graphql.selling.types import known_terms
from app.inventory.model.selling import Offer, StockKey, Terms, offer, selling_day
from app.inventory.sql.selling import sellable_levels
from app.kit.graphql.context import Context
from app.locations.model import Nearby, Point, rank_places


async def by_rules(
    context: Context,
    found: dict[int, Availability],
    nearby: Nearby,
    origin: Point | None,
    question: Question,
) -> dict[int, Availability]:
    """`found` with what rules leave of it. Nothing is read where this process knows of no rule for these variants.

    nearby: the places that the channel sells from.
    """
    levels, terms = await ruled_levels(context, question.keys, nearby.ids)
    if not terms:
        return found
    distances = {place.id: distance for place, distance in rank_places(nearby.places, origin)}
    for key, one in terms.items():
        granted = offer(levels, key, nearby.ids, one)
        if one.parts:
            rows = _bundles(key, granted, distances, question.wanted)
            if not question.by_rank:
                rows.sort(key=lambda level: -level.available)
        else:
            rows = _capped(found[key].locations, granted, question.wanted)
        found[key] = found[key]._replace(available=granted.units, locations=rows[: question.first])
    return found


async def ruled_levels(
    context: Context, keys: Collection[int], location_ids: Sequence[int]
) -> tuple[Mapping[StockKey, int], Mapping[int, Terms]]:
    """What `offer` asks for: levels, and the terms of those of the variants that the channel sells by rules."""
    terms = await known_terms(context, keys)
    channel = await channel_by_code(context, context.channel) if terms else None
    if channel is None:
        return {}, {}
    async with context.read() as tx:
        return await sellable_levels(tx, list(terms), location_ids, channel["id"], today=selling_day(context.now))


def _capped(rows: Sequence[Any], granted: Offer, wanted: Collection[int] | None) -> list[LocationLevel]:
    """The listed levels, none with more than the rules leave."""
    capped = [
        LocationLevel(
            row.variant_id,
            row.location_id,
            getattr(row, "distance_km", None),
            min(row.available, granted.by_place.get(row.location_id, 0)),
            *(getattr(row, name, None) for name in ("on_hand", "reserved", "allocated", "safety")),
            version=getattr(row, "version", 0),
        )
        for row in rows
    ]
    return capped if wanted is not None else [level for level in capped if level.available > 0]


def _bundles(
    key: int, granted: Offer, distances: Mapping[int, float | None], wanted: Collection[int] | None
) -> list[LocationLevel]:
    """The places that can put the bundle together. It has no counters of its own."""
    nothing = (None, None, None, None)
    return [
        LocationLevel(key, place, distance, granted.by_place.get(place, 0), *nothing)
        for place, distance in distances.items()
        if (place in granted.by_place if wanted is None else place in wanted)
    ]
