"""Relations of the inventory slice: stock levels, availability, transfers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import strawberry

from app.channels.sql import channel_by_code
from app.engine.relations import groups_by, rows_by
from app.inventory.model import StockKey
from app.inventory.sql import stock, transfers
from app.kit.db import ReadTx, Row
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE, page_size
from app.locations.graphql.batches import NearInput, origin_of
from app.locations.model import Place, rank_places
from app.locations.sql import stock_places_of_group

Columns: TypeAlias = Any
SEES_TRANSFERS: Final = ("stock:read", "fulfillment:read")
COUNTERS: Final = ("on_hand", "reserved", "allocated", "safety")


@dataclass(slots=True)
class LocationLevel:
    """A variant at a location. Counters are None for callers who may not see them."""

    variant_id: int
    location_id: int
    distance_km: float | None
    available: int = 0
    on_hand: int | None = 0
    reserved: int | None = 0
    allocated: int | None = 0
    safety: int | None = 0
    version: int = 0


@dataclass(slots=True)
class Availability:
    """A variant over all stock-keeping locations of a channel; the chosen ones are listed.

    Counters are None for callers who may not see them.
    """

    variant_id: int
    on_hand: int | None = 0
    reserved: int | None = 0
    allocated: int | None = 0
    available: int = 0
    locations: list[LocationLevel] = field(default_factory=list[LocationLevel])


def may_see_counters(context: Context, location_id: int) -> bool:
    """Whether the caller may see more of a location's stock than what can be bought."""
    return context.actor.may("stock:read") and context.actor.may_act_at(location_id)


def may_see_totals(context: Context) -> bool:
    """Whether the caller may see how much a channel holds and has sold, which is more than what can be bought."""
    actor = context.actor
    return actor.may("stock:read") and actor.location_ids is None and actor.partner_id is None


async def visible_location_ids(context: Context) -> list[int] | None:
    """The locations that the caller's key is limited to; None: all."""
    actor = context.actor
    if actor.partner_id is None:
        return None if actor.location_ids is None else sorted(actor.location_ids)
    rows = await context.fetch(stock.LOCATIONS_OF_PARTNER, partner_id=actor.partner_id)
    return sorted(row["id"] for row in rows if actor.may_act_at(row["id"]))


async def channel_places(tx: ReadTx, channel: str) -> list[Place]:
    """The active stock-keeping locations that a channel sells from; none for an unknown channel."""
    row = await channel_by_code(tx, channel)
    return [] if row is None else await stock_places_of_group(tx, row["location_group_id"])


async def availability_by_variant(
    context: Context,
    keys: list[int],
    columns: Columns | None,
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
    """Three statements for any number of variants, one more for a postal code.

    Without `location_ids` those with available units are listed: nearest first, or, without a known postal code, those
    with most units first. Raises InvalidPostalCode, NotFound for ids that are none, InvalidInput for too many.
    """
    del columns
    page_size(first)
    wanted = _wanted(location_ids)
    async with context.read() as tx:
        places = await channel_places(tx, context.channel)
        origin = await origin_of(tx, near)
        ranked = rank_places(places, origin)
        rows = await tx.fetch(
            stock.AVAILABILITY,
            variant_ids=keys,
            location_ids=[place.id for place, _ in ranked],
            wanted=[wanted is None or place.id in wanted for place, _ in ranked],
            with_empty=wanted is not None,
            by_rank=origin is not None,
            first=first if wanted is None else MAX_PAGE,
        )
    distances = {place.id: distance for place, distance in ranked}
    found = _availabilities(context, keys, rows, distances)
    if wanted is not None:
        for availability in found.values():
            _list_empty(context, availability, distances, wanted, first, by_rank=origin is not None)
    return found


def _wanted(location_ids: Sequence[strawberry.ID] | None) -> set[int] | None:
    if location_ids is None:
        return None
    if len(location_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} locations at once."
        raise InvalidInput(message, path=["locationIds"])
    return {require_int(value, "Location", "locationIds") for value in location_ids}


def _availabilities(
    context: Context, keys: Collection[int], rows: Sequence[Row], distances: dict[int, float | None]
) -> dict[int, Availability]:
    found = {key: Availability(key) for key in keys}
    if not may_see_totals(context):
        found = {key: Availability(key, None, None, None) for key in keys}
    for row in rows:
        availability = found[row["variant_id"]]
        availability.available = row["total_available"]
        if may_see_totals(context):
            availability.on_hand, availability.reserved = row["total_on_hand"], row["total_reserved"]
            availability.allocated = row["total_allocated"]
        if row["is_listed"]:
            availability.locations.append(level_of(context, row, distances[row["location_id"]]))
    return found


def level_of(context: Context, row: Any, distance_km: float | None = None) -> LocationLevel:
    """The level in a row or payload with variant_id, location_id, the counters and the version."""
    counters = {name: row[name] for name in COUNTERS}
    free = counters["on_hand"] - counters["reserved"] - counters["allocated"] - counters["safety"]
    level = LocationLevel(
        row["variant_id"], row["location_id"], distance_km, max(free, 0), **counters, version=row["version"]
    )
    return level if may_see_counters(context, level.location_id) else _without_counters(level)


def _without_counters(level: LocationLevel) -> LocationLevel:
    level.on_hand = level.reserved = level.allocated = level.safety = None
    return level


def _list_empty(
    context: Context,
    availability: Availability,
    distances: dict[int, float | None],
    wanted: set[int],
    first: int,
    *,
    by_rank: bool,
) -> None:
    """Add the wanted locations that never had the variant; `distances` are in the order of the ranking."""
    listed = {level.location_id: level for level in availability.locations}
    for location_id in wanted & distances.keys() - listed.keys():
        level = LocationLevel(availability.variant_id, location_id, distances[location_id])
        listed[location_id] = level if may_see_counters(context, location_id) else _without_counters(level)
    levels = [listed[location_id] for location_id in distances if location_id in listed]
    if not by_rank:
        levels.sort(key=lambda level: -level.available)
    availability.locations = levels[:first]


async def levels_by_keys(
    context: Context, keys: list[tuple[StockKey, ...]], columns: Columns | None
) -> dict[tuple[StockKey, ...], list[Row]]:
    """Stock rows of each group of (variant id, location id), in the order of the group."""
    del columns
    wanted = sorted({key for group in keys for key in group})
    rows = await context.fetch(
        stock.STOCK_BY_KEY,
        variant_ids=[variant_id for variant_id, _ in wanted],
        location_ids=[location_id for _, location_id in wanted],
    )
    found = {(row["variant_id"], row["location_id"]): row for row in rows}
    return {group: [found[key] for key in group if key in found] for group in keys}


async def level_by_key(context: Context, keys: list[StockKey], columns: Columns | None) -> dict[StockKey, Row]:
    """Stock rows by (variant id, location id)."""
    groups = await levels_by_keys(context, [(key,) for key in keys], columns)
    return {group[0]: rows[0] for group, rows in groups.items() if rows}


async def transfers_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Transfers that other objects lead to, whoever asks."""
    del columns
    return rows_by(await context.fetch(transfers.TRANSFERS_BY_ID, ids=keys, location_ids=None), "id")


async def transfers_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """The transfers that orders raised, oldest first, as far as the caller may see transfers."""
    del columns
    if not context.actor.may(*SEES_TRANSFERS):
        return {}
    location_ids = await visible_location_ids(context)
    rows = await context.fetch(transfers.TRANSFERS_BY_ORDER, order_ids=keys, location_ids=location_ids)
    return groups_by(rows, "order_id")


async def visible_transfers_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Transfers that the caller may look up: with a scope for it, from or to locations of its key."""
    del columns
    if not context.actor.may(*SEES_TRANSFERS):
        return {}
    location_ids = await visible_location_ids(context)
    return rows_by(await context.fetch(transfers.TRANSFERS_BY_ID, ids=keys, location_ids=location_ids), "id")


async def lines_by_transfer(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """The lines of transfers, by number."""
    del columns
    return groups_by(await context.fetch(transfers.LINES_BY_TRANSFER, ids=keys), "transfer_id")
