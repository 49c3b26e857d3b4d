"""Relations of the inventory slice: stock levels, availability, transfers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from app.channels.sql import channel_by_code
from app.engine.relations import groups_by, rows_by
from app.inventory.model.promises import Promise
from app.inventory.model.selling import StockKey
from app.inventory.sql import states, stock, transfers
from app.inventory.sql.availability import COUNTERS
from app.kit.db import ReadTx, Row
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE
from app.locations.model import Place
from app.locations.sql import stock_places_of_group

Columns: TypeAlias = Collection[str]
# Locations have smaller numbers.
NO_LOCATION: Final = 2**31
SEES_TRANSFERS: Final = ("stock:read", "fulfillment:read")


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
    promises: Sequence[Promise] = ()


def may_see_counters(context: Context, location_id: int) -> bool:
    """Whether the caller may see more of a location's stock than what can be bought."""
    return context.actor.may("stock:read") and context.actor.may_act_at(location_id)


async def visible_location_ids(context: Context) -> list[int] | None:
    """The locations that the caller's key is limited to; None: all."""
    actor = context.actor
    if actor.partner_id is None:
        return None if actor.location_ids is None else sorted(actor.location_ids)
    rows = await context.fetch(stock.LOCATIONS_OF_PARTNER, partner_id=actor.partner_id)
    return sorted(row["id"] for row in rows if actor.may_act_at(row["id"]))


async def wanted_location_ids(context: Context, location_ids: Sequence[str] | None) -> list[int] | None:
    """As `visible_location_ids`, of these alone. Raises NotFound for what is no location's id, and InvalidInput."""
    return wanted_of(await visible_location_ids(context), location_ids)


def wanted_of(visible: list[int] | None, location_ids: Sequence[str] | None) -> list[int] | None:
    """The locations to tell of, of those that the caller sees; None: all. Raises NotFound and InvalidInput."""
    if location_ids is None:
        return visible
    if not 1 <= len(location_ids) <= MAX_PAGE:
        message = f"Name 1 to {MAX_PAGE} locations, or leave them out to hear of all."
        raise InvalidInput(message, path=["locationIds"])
    wanted = {require_int(value, "Location", "locationIds") for value in location_ids}
    return sorted(key for key in wanted if key < NO_LOCATION and (visible is None or key in visible))


async def channel_places(tx: ReadTx, channel: str) -> list[Place]:
    """The active stock-keeping locations that a channel sells from; none for an unknown channel."""
    row = await channel_by_code(tx, channel)
    return [] if row is None else await stock_places_of_group(tx, row["location_group_id"])


def level_of(context: Context, row: Any, distance_km: float | None = None) -> LocationLevel:
    """The level in a row or payload with variant_id, location_id, the counters and the version."""
    counters = {name: row[name] for name in COUNTERS}
    free = counters["on_hand"] - counters["reserved"] - counters["allocated"] - counters["safety"]
    level = LocationLevel(
        row["variant_id"], row["location_id"], distance_km, max(free, 0), **counters, version=row["version"]
    )
    return level if may_see_counters(context, level.location_id) else without_counters(level)


def without_counters(level: LocationLevel) -> LocationLevel:
    """The same one."""
    level.on_hand = level.reserved = level.allocated = level.safety = None
    return level


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


async def states_by_key(context: Context, keys: list[StockKey], columns: Columns | None) -> dict[StockKey, Row]:
    """Units that are there but not sold, by (variant id, location id)."""
    del columns
    rows = await context.fetch(
        states.STATES_BY_KEY,
        variant_ids=[variant_id for variant_id, _ in keys],
        location_ids=[location_id for _, location_id in keys],
    )
    return {(row["variant_id"], row["location_id"]): row for row in rows}


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
