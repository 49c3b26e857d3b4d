"""Relations of the partners slice."""

from typing import Any
from uuid import UUID

from app.engine.relations import rows_by
from app.kit.graphql.context import Context
from app.partners import sql

Columns = set[str]


async def partners_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Partner companies."""
    del columns
    return rows_by(await context.fetch(sql.PARTNERS_BY_ID, ids=keys), "id")
