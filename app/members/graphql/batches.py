"""Relations of the members slice. Members are for staff: to everybody else there are none."""

from typing import Any
from uuid import UUID

from app.engine.relations import rows_by
from app.kit.graphql.context import Context
from app.members.sql import MEMBERS_BY_ID

Columns = set[str]


async def members_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Members, for callers with the scope `orders:read`."""
    del columns
    if not context.actor.may("orders:read"):
        return {}
    return rows_by(await context.fetch(MEMBERS_BY_ID, ids=keys), "id")
