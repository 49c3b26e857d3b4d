"""Root fields of the partners slice."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size
from app.kit.text import is_storable
from app.partners import sql
from app.partners.graphql.types import ApiKey, Partner, Viewer

argument = strawberry.argument


@strawberry.type
class PartnersQuery:
    """What the API knows of its caller, and for those who make keys of all callers."""

    @strawberry.field(description="The caller of this operation and what it may do.")
    async def viewer(self, info: Info) -> Viewer:
        """Without a key: a shopper."""
        return Viewer(actor=info.context.actor)

    @strawberry.field(
        graphql_type=Connection[Partner],
        description="The companies that act on this API, in order of their code.",
        **requires("partners:write"),
    )
    async def partners(
        self,
        info: Info,
        first: Annotated[int, argument(description="At most 100.")] = 20,
        after: Annotated[str | None, argument(description="The cursor of a row: go on behind it.")] = None,
    ) -> Any:
        """One page; one statement."""
        limit = page_size(first)
        code: str = decode_cursor(after, [str])[0] if after is not None else ""
        rows = await info.context.fetch(sql.PARTNERS, after=code, limit=limit + 1)
        return connection(make_page(rows, limit, ["code"], after=after))

    @strawberry.field(
        graphql_type=Connection[ApiKey],
        description="The keys of this API, the newest first: their names, beginnings and last use, never the keys.",
        **requires("partners:write"),
    )
    async def api_keys(
        self,
        info: Info,
        *,
        first: Annotated[int, argument(description="At most 100.")] = 20,
        after: Annotated[str | None, argument(description="The cursor of a row: go on behind it.")] = None,
        partner_code: Annotated[str | None, argument(description="Only keys of this company.")] = None,
        is_live: Annotated[bool | None, argument(description="Only keys that can (not) be used now.")] = None,
    ) -> Any:
        """One page; one statement."""
        limit = page_size(first)
        if partner_code is not None and not is_storable(partner_code):
            return connection(make_page([], limit, ["id"], after=after))
        rows = await info.context.fetch(
            sql.KEYS,
            before=None if after is None else _key_id(after),
            code=partner_code,
            is_live=is_live,
            now=info.context.now,
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["id"], after=after))


def _key_id(after: str) -> UUID:
    try:
        return UUID(decode_cursor(after, [str])[0])
    except ValueError:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None
