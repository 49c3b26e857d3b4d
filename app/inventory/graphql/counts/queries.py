"""Root fields for count sessions."""

from typing import Annotated, Any

import strawberry

from app.inventory.graphql.arguments import After, First, LocationId, locations_of, positive, uuid_of
from app.inventory.graphql.counts.types import CountLine, CountSession, visible_count_sessions_by_id
from app.inventory.model.counts import CountLineState, CountStatus
from app.inventory.sql import counts
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import Page, decode_cursor, make_page, page_size

argument = strawberry.argument


@strawberry.type
class CountQuery:
    """For people who count and approve; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=CountSession | None,
        description="The count session with this id; null when there is none, or none that the caller may see.",
        **requires("stock:read"),
    )
    async def count_session(
        self, info: Info, id: Annotated[strawberry.ID, argument(description="The count session's id.")]
    ) -> Any:
        """One session."""
        key = require_uuid(id, "CountSession", "id")
        return (await visible_count_sessions_by_id(info.context, [key], None)).get(key)

    @strawberry.field(
        graphql_type=Connection[CountSession], description="Count sessions, newest first.", **requires("stock:read")
    )
    async def count_sessions(
        self,
        info: Info,
        *,
        status: Annotated[CountStatus | None, argument(description="Only in this state.")] = None,
        location_id: LocationId = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """A page."""
        limit = page_size(first)
        rows = await info.context.fetch(
            counts.COUNT_SESSION_PAGE,
            location_ids=await locations_of(
                info.context, None if location_id is None else [location_id], name="locationId"
            ),
            status=None if status is None else status.value,
            after=None if after is None else uuid_of(decode_cursor(after, [str])[0]),
            limit=limit + 1,
        )
        page: Page = make_page(rows, limit, ["cursor"], after=after)
        return connection(page)

    @strawberry.field(
        graphql_type=Connection[CountLine],
        description="The lines of a count session, by variant; none of a session that the caller may not see.",
        **requires("stock:read"),
    )
    async def count_lines(
        self,
        info: Info,
        *,
        count_session_id: Annotated[strawberry.ID, argument(description="The count session.")],
        state: Annotated[CountLineState | None, argument(description="Only in this state.")] = None,
        only_differences: Annotated[
            bool, argument(description="Only lines where somebody found another number than the ledger's.")
        ] = False,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """A page."""
        limit = page_size(first)
        key = require_uuid(count_session_id, "CountSession", "countSessionId")
        visible = await visible_count_sessions_by_id(info.context, [key], None)
        rows = (
            []
            if key not in visible
            else await info.context.fetch(
                counts.COUNT_LINE_PAGE,
                id=key,
                state=None if state is None else state.value,
                only_differences=only_differences,
                after=0 if after is None else positive(decode_cursor(after, [int])[0]),
                limit=limit + 1,
            )
        )
        page: Page = make_page(rows, limit, ["variant_id"], after=after)
        return connection(page)
