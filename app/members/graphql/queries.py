"""Root fields of the members slice."""

from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size
from app.members.graphql.batches import members_by_id
from app.members.graphql.types import Member
from app.members.model import MAX_SEARCH, search_terms
from app.members.sql import COUNT_FOUND, MEMBERS_FOUND

argument = strawberry.argument
SEARCH: Final = (
    "Only those whose number, name, reading, e-mail address, phone or external reference contains all these words."
)


@strawberry.type
class MembersQuery:
    """For staff."""

    @strawberry.field(
        graphql_type=Connection[Member],
        description="Members, the newest first.",
        **requires("orders:read"),
    )
    async def members(
        self,
        info: Info,
        *,
        first: Annotated[int, argument(description="At most 100.")] = 20,
        after: Annotated[str | None, argument(description="The cursor of a row: go on behind it.")] = None,
        search: Annotated[str | None, argument(description=SEARCH)] = None,
    ) -> Any:
        """One page; two statements."""
        limit = page_size(first)
        words, pieces = search_terms(_checked(search or ""))
        rows = await info.context.fetch(
            MEMBERS_FOUND, words=words, pieces=pieces, before_id=_before(after), limit=limit + 1
        )
        count = await info.context.fetchrow(COUNT_FOUND, words=words, pieces=pieces)
        total = count["total"] if count is not None else None
        return connection(make_page(rows, limit, ["id"], after=after, total_count=total))

    @strawberry.field(
        graphql_type=Member | None,
        description="The member with this id; null when there is none.",
        **requires("orders:read"),
    )
    async def member(self, info: Info, id: Annotated[strawberry.ID, argument(description="Its global id.")]) -> Any:
        """The same look-up as the relation's."""
        key = require_uuid(id, "Member", "id")
        return (await members_by_id(info.context, [key], None)).get(key)


def _checked(search: str) -> str:
    if len(search) > MAX_SEARCH or not search.isprintable():
        message = f"Search for at most {MAX_SEARCH} printable characters."
        raise InvalidInput(message, path=["search"])
    return search


def _before(after: str | None) -> UUID | None:
    if after is None:
        return None
    try:
        return UUID(decode_cursor(after, [str])[0])
    except ValueError:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None
