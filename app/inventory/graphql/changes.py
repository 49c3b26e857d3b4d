"""The feed of stock changes by cursor, for systems that keep a copy."""

from typing import Annotated, Any

import strawberry

from app.inventory.actions.read_stock_changes import read_stock_changes
from app.inventory.graphql.batches import level_of
from app.inventory.graphql.queries import After, locations_of, variants_of
from app.inventory.graphql.types import StockLevel
from app.kit.cursor import Cursor
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, Edge, PageInfo
from app.kit.paging import page_size

argument = strawberry.argument


@strawberry.type
class StockChangesQuery:
    """For people and systems that work with stock; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=Connection[StockLevel],
        description="What has changed since a cursor, each change once, in an order in which none can be missed: the "
        "levels as the change left them. `endCursor` is where to go on, also behind a page without rows. Without "
        "`after` it begins at the oldest change that is kept (three days at least). A key may be told of twice with "
        "equal or lower versions: the highest one is the newest.",
        **requires("stock:read"),
    )
    async def stock_changes(
        self,
        info: Info,
        after: After = None,
        first: Annotated[int, argument(description="At most 100.")] = 100,
        skus: Annotated[list[str] | None, argument(description="Only these variants, at most 100.")] = None,
        location_ids: Annotated[
            list[strawberry.ID] | None, argument(description="Only at these locations, at most 100.")
        ] = None,
    ) -> Any:
        """Also from the cursor of an export."""
        context = info.context
        limit = page_size(first)
        cursor = _cursor(after)
        variant_ids = None if skus is None else frozenset((await variants_of(context, skus)).values())
        places = await locations_of(context, location_ids)
        async with context.db.read_snapshot() as tx:
            page = await read_stock_changes(
                tx, cursor, limit, variant_ids=variant_ids, location_ids=None if places is None else frozenset(places)
            )
        edges = [Edge[Any](cursor=place.encode(), node=level_of(context, payload)) for place, payload in page.changes]
        return Connection[Any](
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=page.has_more,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=page.end.encode(),
            ),
            total_count=None,
        )


def _cursor(after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        return Cursor.decode(after)
    except ValueError:
        message = "This is not a cursor of this feed."
        raise InvalidInput(message, path=["after"]) from None
