"""Relations of the exceptions slice."""

from typing import Any
from uuid import UUID

from app.engine.relations import rows_by
from app.exceptions import sql
from app.inventory.graphql.batches import visible_location_ids
from app.kit.graphql.context import Context
from app.orders.graphql.batches import orders_by_id

Columns = set[str]


async def visible_cases_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Cases, for staff, at the locations of their keys."""
    del columns
    if not context.actor.may("fulfillment:read"):
        return {}
    return rows_by(await context.fetch(sql.CASES_BY_ID, ids=keys, allowed=await visible_location_ids(context)), "id")


async def orders_of_cases(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Orders by id; a partner must never learn that."""
    return {} if context.actor.partner_id is not None else await orders_by_id(context, keys, columns)


async def cases_by_pickup(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The cases about pickups, oldest first."""
    del columns
    if not context.actor.may("fulfillment:read"):
        return {}
    allowed = await visible_location_ids(context)
    found: dict[UUID, list[Any]] = {}
    for row in await context.fetch(sql.CASES_BY_SUBJECT, kind="PICKUP", ids=list(map(str, keys)), allowed=allowed):
        found.setdefault(UUID(row["subject_id"]), []).append(row)
    return found
