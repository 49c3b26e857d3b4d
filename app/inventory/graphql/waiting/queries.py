"""The root field for lines that wait for units."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.catalog.model import is_storable
from app.channels.graphql.batches import channel_by_code
from app.inventory.graphql.arguments import After, First, argument, locations_of, positive, variants_of
from app.inventory.graphql.waiting.types import WaitingLine
from app.inventory.sql.waiting import WAITING_COUNT, WAITING_PAGE
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size


@strawberry.type
class WaitingQuery:
    """For people and systems that work with stock."""

    @strawberry.field(
        graphql_type=Connection[WaitingLine],
        description="Lines of orders that wait for units, backorders and preorders, those that have waited longest "
        "first: the order in which they are served. Keys limited to locations see those that these may serve.",
        **requires("stock:read"),
    )
    async def waiting_lines(
        self,
        info: Info,
        *,
        skus: Annotated[list[str] | None, argument(description="Only for these variants, at most 100.")] = None,
        location_ids: Annotated[
            list[strawberry.ID] | None,
            argument(description="Only those that one of these locations may serve, at most 100."),
        ] = None,
        channel: Annotated[str | None, argument(description="Only of orders of the channel with this code.")] = None,
        since: Annotated[datetime | None, argument(description="Only those that began to wait then or later.")] = None,
        until: Annotated[datetime | None, argument(description="Only those that waited then already.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """One page; two statements, and one for SKUs."""
        context, limit = info.context, page_size(first)
        behind = 0 if after is None else positive(decode_cursor(after, [int])[0])
        known = await channel_by_code(context, channel) if channel and is_storable(channel) else None
        matches = {
            "variant_ids": None if skus is None else list((await variants_of(context, skus)).values()),
            "location_ids": await locations_of(context, location_ids),
            "channel_id": None if channel is None else 0 if known is None else known["id"],
            "since": since,
            "until": until,
        }
        rows = await context.fetch(WAITING_PAGE, **matches, after=behind, limit=limit + 1)
        count = await context.fetchrow(WAITING_COUNT, **matches)
        total = None if count is None else count["total"]
        return connection(make_page(rows, limit, ["entry_id"], after=after, total_count=total))
