"""Root fields of the inventory slice: levels and transfers. What the ledger tells is in `history`."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.inventory.graphql.arguments import (
    After,
    First,
    LocationIds,
    argument,
    location_of,
    locations_of,
    positive,
    uuid_of,
    variants_of,
)
from app.inventory.graphql.batches import visible_location_ids, visible_transfers_by_id
from app.inventory.graphql.history import StockHistoryQuery
from app.inventory.graphql.incoming import IncomingQuery
from app.inventory.graphql.types import StockLevel, Transfer
from app.inventory.model.transfers import TransferStatus
from app.inventory.sql import stock, transfers
from app.inventory.sql.history import STOCK_AS_OF_PAGE
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import Page, decode_cursor, make_page, page_size


@strawberry.type
class InventoryQuery(StockHistoryQuery, IncomingQuery):
    """For people and systems that work with stock; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=Connection[StockLevel],
        description="Stock with all its counters, where the variants have been so far.",
        **requires("stock:read"),
    )
    async def stock_levels(
        self,
        info: Info,
        *,
        skus: Annotated[list[str] | None, argument(description="Only these variants, at most 100.")] = None,
        location_ids: LocationIds = None,
        as_of: Annotated[
            datetime | None,
            argument(description="What the ledger knew at this instant, that one included; by default what is now."),
        ] = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """By variant and location; as of an instant, where they had been by then."""
        context = info.context
        limit = page_size(first)
        after_variant_id, after_location_id = decode_cursor(after, [int, int]) if after is not None else (0, 0)
        wanted = {
            "variant_ids": None if skus is None else list((await variants_of(context, skus)).values()),
            "location_ids": await locations_of(context, location_ids),
            "after_variant_id": positive(after_variant_id),
            "after_location_id": positive(after_location_id, bits=31),
            "limit": limit + 1,
        }
        if as_of is None:
            rows = await context.fetch(stock.STOCK_PAGE, **wanted)
        else:
            rows = await context.fetch(STOCK_AS_OF_PAGE, **wanted, as_of=as_of)
        return connection(make_page(rows, limit, ["variant_id", "location_id"], after=after))

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
            from_location_id=location_of(from_location_id, "fromLocationId"),
            to_location_id=location_of(to_location_id, "toLocationId"),
            after=None if after is None else uuid_of(decode_cursor(after, [str])[0]),
            limit=limit + 1,
        )
        page: Page = make_page(rows, limit, ["cursor"], after=after)
        return connection(page)
