"""Stock as it changes."""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import variant_ids_by_sku
from app.inventory.graphql.batches import LocationLevel, channel_places, level_of, visible_location_ids
from app.inventory.graphql.types import StockChange
from app.inventory.model import StockKey
from app.inventory.sql import stock
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE

argument = strawberry.argument
_TOPIC = "stock"
_EVERYTHING = 1_000_000
# Ids of locations are smaller.
_NO_LOCATION = 2**31


@strawberry.type
class InventorySubscription:
    """Merged into the schema's Subscription."""

    @strawberry.subscription(
        description="The stock of variants, per location: first what it is now, then each change, in order. Shoppers "
        "hear of the channel's locations, keys with `stock:read` of all that they may see."
    )
    async def stock_changed(
        self,
        info: Info,
        skus: Annotated[list[str], argument(description="The variants, 1 to 100.")],
        location_ids: Annotated[
            list[strawberry.ID] | None, argument(description="Only at these locations, at most 100.")
        ] = None,
    ) -> AsyncGenerator[StockChange, None]:
        """Levels, not differences: versions tell old from new, and what was missed between two is no loss."""
        context = info.context
        variant_ids = await _variants(context, skus)
        wanted = await _places(context, location_ids)
        # Listening begins before the snapshot is read, so that no change falls between the two.
        async with context.feed.subscribe(_TOPIC, _keys(variant_ids, wanted, location_ids is not None)) as feed:
            versions: dict[StockKey, int] = {}
            for level in await _snapshot(context, variant_ids, wanted, with_empty=location_ids is not None):
                versions[level.variant_id, level.location_id] = level.version
                yield _change(level)
            async for payload in feed:
                key = (payload["variant_id"], payload["location_id"])
                if payload["version"] <= versions.get(key, 0) or not _hears(wanted, payload["location_id"]):
                    continue
                versions[key] = payload["version"]
                yield _change(level_of(context, payload))


def _change(level: LocationLevel) -> Any:
    return level


def _hears(wanted: Sequence[int] | None, location_id: int) -> bool:
    return wanted is None or location_id in wanted


def _keys(variant_ids: Sequence[int], wanted: Sequence[int] | None, each: bool) -> list[str]:
    """Keys of the feed: of single locations when few were asked for, else of everything about the variants."""
    if each and wanted is not None:
        return [f"{variant_id}:{location_id}" for variant_id in variant_ids for location_id in wanted]
    return [f"{variant_id}:" for variant_id in variant_ids]


async def _variants(context: Context, skus: Sequence[str]) -> list[int]:
    if not 1 <= len(skus) <= MAX_PAGE:
        message = f"Name 1 to {MAX_PAGE} SKUs."
        raise InvalidInput(message, path=["skus"])
    async with context.db.read() as tx:
        found = await variant_ids_by_sku(tx, sorted({sku for sku in skus if is_storable(sku)}))
    if missing := [sku for sku in skus if sku not in found]:
        message = f"There is no variant with the SKU {missing[0][:80]!r}."
        raise NotFound(message, path=["skus"])
    return sorted(found.values())


async def _places(context: Context, location_ids: Sequence[strawberry.ID] | None) -> list[int] | None:
    """The locations to tell of; None: all. What the caller may not see is left out."""
    if context.actor.may("stock:read"):
        visible = await visible_location_ids(context)
    else:
        async with context.db.read() as tx:
            visible = [place.id for place in await channel_places(tx, context.channel)]
    if location_ids is None:
        return visible
    if len(location_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} locations at once."
        raise InvalidInput(message, path=["locationIds"])
    wanted = {require_int(value, "Location", "locationIds") for value in location_ids}
    return sorted(key for key in wanted if key < _NO_LOCATION and (visible is None or key in visible))


async def _snapshot(
    context: Context, variant_ids: Sequence[int], wanted: Sequence[int] | None, *, with_empty: bool
) -> list[LocationLevel]:
    """The levels now; locations that were asked for and never had a variant are told of with version 0."""
    rows = await context.fetch(
        stock.STOCK_PAGE,
        variant_ids=variant_ids,
        location_ids=wanted,
        after_variant_id=0,
        after_location_id=0,
        limit=_EVERYTHING,
    )
    levels = [level_of(context, row) for row in rows]
    if with_empty and wanted is not None:
        known = {(level.variant_id, level.location_id) for level in levels}
        empty = dict.fromkeys(("on_hand", "reserved", "allocated", "safety", "version"), 0)
        levels += [
            level_of(context, {"variant_id": variant_id, "location_id": location_id, **empty})
            for variant_id in variant_ids
            for location_id in wanted
            if (variant_id, location_id) not in known
        ]
    return levels
