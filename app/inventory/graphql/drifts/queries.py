"""Root field for what differs."""

from typing import Annotated, Any

import strawberry

from app.inventory.graphql.arguments import After, First, LocationIds, argument, locations_of, positive, variants_of
from app.inventory.graphql.drifts.types import StockDrift
from app.inventory.sql.drifts import DRIFT_PAGE
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size


@strawberry.type
class DriftQuery:
    """For staff; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=Connection[StockDrift],
        description="Stock rows whose counters differ from their ledger or from what is held: those that the hourly "
        "and the daily audit have found and that still differ, or, with `skus`, all rows of these variants, looked at "
        "now. Empty unless somebody has written past the application.",
        **requires("stock:read"),
    )
    async def stock_drift(
        self,
        info: Info,
        *,
        skus: Annotated[
            list[str] | None, argument(description="Look at these variants, at most 100, whatever audits have found.")
        ] = None,
        location_ids: LocationIds = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """By variant and location."""
        context = info.context
        limit = page_size(first)
        after_variant_id, after_location_id = decode_cursor(after, [int, int]) if after is not None else (0, 0)
        rows = await context.fetch(
            DRIFT_PAGE,
            variant_ids=None if skus is None else list((await variants_of(context, skus)).values()),
            location_ids=await locations_of(context, location_ids),
            after_variant_id=positive(after_variant_id),
            after_location_id=positive(after_location_id, bits=31),
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["variant_id", "location_id"], after=after))
