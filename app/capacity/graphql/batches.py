"""Relations of the capacity slice: rows by key, one statement each."""

from typing import Any
from uuid import UUID

from app.capacity import sql
from app.engine.relations import rows_by
from app.kit.graphql.context import Context

Columns = set[str]


async def reservations_by_delivery(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """What these deliveries claim of lockers now."""
    del columns
    return rows_by(await context.fetch(sql.RESERVATIONS_BY_DELIVERY, ids=keys), "delivery_id")


async def compartments_by_id(context: Context, keys: list[tuple[int, ...]], columns: Columns | None) -> dict[Any, Any]:
    """Several compartments at once, in the order of the ids."""
    del columns
    wanted = list(dict.fromkeys(one for key in keys for one in key))
    found = rows_by(await context.fetch(sql.COMPARTMENTS_BY_ID, ids=wanted), "id")
    return {key: [found[one] for one in key if one in found] for key in keys}
