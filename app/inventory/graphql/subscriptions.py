"""Stock as it changes."""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import variant_ids_by_sku
from app.inventory.graphql.batches import channel_places, visible_location_ids, wanted_of
from app.inventory.graphql.live import StockLive, StockScope
from app.inventory.graphql.types import StockChange
from app.kit.cursor import Cursor
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.paging import MAX_PAGE

argument = strawberry.argument
_MAX_RATE = 100.0
# Ids of locations are smaller.


@strawberry.type
class InventorySubscription:
    """Merged into the schema's Subscription."""

    @strawberry.subscription(
        graphql_type=StockChange,
        description="The stock of variants, per location: first what it is now, then each change, in order. Changes "
        "that follow one another quickly may come as one, the newest. Shoppers hear of the channel's locations, keys "
        "with `stock:read` of all that they may see. A bundle has no stock of its own: listen to its components.",
    )
    async def stock_changed(
        self,
        info: Info,
        skus: Annotated[list[str], argument(description="The variants, 1 to 100.")],
        location_ids: Annotated[
            list[strawberry.ID] | None, argument(description="Only at these locations, 1 to 100.")
        ] = None,
        after: Annotated[
            str | None,
            argument(
                description="Go on where a connection was lost: the `cursor` of the last event received. What has "
                "changed since is told first: nothing is left out, nothing comes twice. With the cursor of a stream of "
                "other variants, locations or rights, or of another server, the stream begins anew."
            ),
        ] = None,
        max_rate: Annotated[
            float | None,
            argument(
                description="At most so many events per second, above 0 and up to 100, once the present stock was "
                "told. Changes in between come as one, the newest of each variant and location."
            ),
        ] = None,
    ) -> AsyncGenerator[Any, None]:
        """One stream for all who may see the same."""
        context = info.context
        _check(after, max_rate)
        variant_ids = await _variants(context, skus)
        wanted = await _places(context, location_ids)
        places = None if wanted is None else tuple(sorted(wanted))
        scope = StockScope(tuple(variant_ids), places, is_each=location_ids is not None)
        live: Any = StockLive(context, scope, after=after, max_rate=max_rate)
        return live


def _check(after: str | None, max_rate: float | None) -> None:
    if max_rate is not None and not 0 < max_rate <= _MAX_RATE:
        message = f"A rate lies above 0 and is {_MAX_RATE:g} at most."
        raise InvalidInput(message, path=["maxRate"])
    if after is not None:
        try:
            Cursor.decode(after)
        except ValueError:
            message = "This is not the cursor of an event."
            raise InvalidInput(message, path=["after"]) from None


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
    return wanted_of(visible, location_ids)
