"""The queue of cases."""

from typing import Annotated, Any

import strawberry

from app.exceptions import sql
from app.exceptions.graphql.batches import visible_cases_by_id
from app.exceptions.graphql.types import ExceptionCase, ExceptionCount
from app.exceptions.model import CaseKind, CaseStatus
from app.inventory.graphql.arguments import After, First, LocationId, location_of, uuid_of
from app.inventory.graphql.batches import visible_location_ids
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.ids import uuid_key
from app.kit.paging import decode_cursor, make_page, page_size
from app.kit.text import is_storable

argument = strawberry.argument


@strawberry.type
class ExceptionQuery:
    """For staff; keys limited to locations see only what is there."""

    @strawberry.field(
        graphql_type=Connection[ExceptionCase],
        description="What a person must solve, oldest first.",
        **requires("fulfillment:read"),
    )
    async def exception_cases(
        self,
        info: Info,
        *,
        status: Annotated[CaseStatus, argument(description="Only these; by default those that are open.")] = (
            CaseStatus.OPEN
        ),
        kinds: Annotated[list[CaseKind] | None, argument(description="Only of these kinds.")] = None,
        location_id: LocationId = None,
        assignee: Annotated[str | None, argument(description="Only those that this person looks after.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Paged by id, which follows the time of opening."""
        limit = page_size(first)
        if assignee is not None and not is_storable(assignee):
            return connection(make_page([], limit, ["cursor"], after=after))
        rows = await info.context.fetch(
            sql.CASE_PAGE,
            allowed=await visible_location_ids(info.context),
            status=str(status.value),
            kinds=None if kinds is None else [str(kind.value) for kind in kinds],
            location_id=location_of(location_id, "locationId"),
            assignee=assignee,
            after=None if after is None else uuid_of(decode_cursor(after, [str])[0]),
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["cursor"], after=after))

    @strawberry.field(
        graphql_type=ExceptionCase | None,
        description="One case; null when there is none, or none that the caller may see.",
        **requires("fulfillment:read"),
    )
    async def exception_case(
        self, info: Info, id: Annotated[strawberry.ID, argument(description="The case's id.")]
    ) -> Any:
        """By id."""
        key = uuid_key(id, "ExceptionCase")
        return None if key is None else (await visible_cases_by_id(info.context, [key], None)).get(key)

    @strawberry.field(
        graphql_type=list[ExceptionCount],
        description="How many cases are open, by kind; kinds without any are left out.",
        **requires("fulfillment:read"),
    )
    async def exception_counts(self, info: Info) -> Any:
        """One statement."""
        rows = await info.context.fetch(sql.COUNTS, allowed=await visible_location_ids(info.context))
        return [ExceptionCount(kind=CaseKind(row["kind"]), open=row["open"]) for row in rows]
