"""Root fields of the inventory slice: levels, the ledger, transfers."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import variant_ids_by_sku
from app.inventory.graphql.batches import visible_location_ids, visible_transfers_by_id
from app.inventory.graphql.types import StockLevel, StockMovement, Transfer
from app.inventory.model import TransferStatus
from app.inventory.sql import ledger, stock, transfers
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import MAX_PAGE, Page, decode_cursor, make_page, page_size

argument = strawberry.argument
First = Annotated[int, argument(description="At most 100.")]
After = Annotated[str | None, argument(description="The cursor of a row: go on behind it.")]
LocationId = Annotated[strawberry.ID | None, argument(description="Only at this location.")]


@strawberry.type
class InventoryQuery:
    """For people and systems that work with stock; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=Connection[StockLevel],
        description="Stock with all its counters, where the variants have been so far.",
        **requires("stock:read"),
    )
    async def stock_levels(
        self,
        info: Info,
        skus: Annotated[list[str] | None, argument(description="Only these variants, at most 100.")] = None,
        location_ids: Annotated[
            list[strawberry.ID] | None, argument(description="Only at these locations, at most 100.")
        ] = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """By variant and location."""
        context = info.context
        limit = page_size(first)
        after_variant_id, after_location_id = decode_cursor(after, [int, int]) if after is not None else (0, 0)
        rows = await context.fetch(
            stock.STOCK_PAGE,
            variant_ids=None if skus is None else list((await variants_of(context, skus)).values()),
            location_ids=await locations_of(context, location_ids),
            after_variant_id=_positive(after_variant_id),
            after_location_id=_positive(after_location_id, bits=31),
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["variant_id", "location_id"], after=after))

    @strawberry.field(
        graphql_type=Connection[StockMovement],
        description="Why a variant's stock is what it is: its ledger, newest first, with the balances after each row.",
        **requires("stock:read"),
    )
    async def stock_movements(
        self,
        info: Info,
        sku: Annotated[str, argument(description="The variant.")],
        location_id: LocationId = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """Balances are per location, also where the list covers several."""
        context = info.context
        limit = page_size(first)
        before = _positive(decode_cursor(after, [int])[0]) if after is not None else ledger.NEWEST
        variants = await variants_of(context, [sku])
        if sku not in variants:
            message = "There is no variant with this SKU."
            raise NotFound(message, path=["sku"])
        location_ids = await locations_of(context, None if location_id is None else [location_id], name="locationId")
        async with context.read() as tx:
            rows = await ledger.movements_of(tx, variants[sku], location_ids, before=before, limit=limit + 1)
        return connection(make_page(rows, limit, ["entry_id"], after=after))

    @strawberry.field(
        graphql_type=Transfer | None,
        description="The transfer with this id; null when there is none, or none that the caller may see.",
        **requires("stock:read"),
    )
    async def transfer(
        self, info: Info, id: Annotated[strawberry.ID, argument(description="The transfer's id.")]
    ) -> Any:
        """One transfer."""
        key = require_uuid(id, "Transfer", "id")
        return (await visible_transfers_by_id(info.context, [key], None)).get(key)

    @strawberry.field(
        graphql_type=Connection[Transfer], description="Transfers, newest first.", **requires("stock:read")
    )
    async def transfers(
        self,
        info: Info,
        *,
        status: Annotated[TransferStatus | None, argument(description="Only in this state.")] = None,
        from_location_id: Annotated[strawberry.ID | None, argument(description="Only from this location.")] = None,
        to_location_id: Annotated[strawberry.ID | None, argument(description="Only to this location.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Keys limited to locations see transfers from or to those."""
        limit = page_size(first)
        rows = await info.context.fetch(
            transfers.TRANSFER_PAGE,
            location_ids=await visible_location_ids(info.context),
            status=None if status is None else status.value,
            from_location_id=_location(from_location_id, "fromLocationId"),
            to_location_id=_location(to_location_id, "toLocationId"),
            after=None if after is None else uuid_of(decode_cursor(after, [str])[0]),
            limit=limit + 1,
        )
        page: Page = make_page(rows, limit, ["cursor"], after=after)
        return connection(page)


async def variants_of(context: Context, skus: Sequence[str]) -> dict[str, int]:
    """Variant ids by SKU; unknown ones are left out."""
    if len(skus) > MAX_PAGE:
        message = f"At most {MAX_PAGE} SKUs at once."
        raise InvalidInput(message, path=["skus"])
    async with context.read() as tx:
        return await variant_ids_by_sku(tx, [sku for sku in skus if is_storable(sku)])


async def locations_of(
    context: Context, location_ids: Sequence[strawberry.ID] | None, *, name: str = "locationIds"
) -> list[int] | None:
    """The wanted locations as far as the caller may see them; None: all."""
    visible = await visible_location_ids(context)
    if location_ids is None:
        return visible
    if len(location_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} locations at once."
        raise InvalidInput(message, path=[name])
    wanted = [_location(location_id, name) for location_id in location_ids]
    return [place for place in wanted if place is not None and (visible is None or place in visible)]


def _location(location_id: str | None, name: str) -> int | None:
    """The key of a location; 0, which is none, for a number that no location can have."""
    if location_id is None:
        return None
    key = require_int(location_id, "Location", name)
    return key if key < 1 << 31 else 0


def _positive(value: int, *, bits: int = 63) -> int:
    """A number from a cursor. Raises InvalidInput when no row can have it."""
    if not 0 <= value < 1 << bits:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"])
    return value


def uuid_of(value: str) -> UUID:
    """A UUID from a cursor. Raises InvalidInput for any other text."""
    try:
        return UUID(value)
    except ValueError:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None
