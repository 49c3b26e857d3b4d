"""Relations of the partners slice."""

from typing import Any
from uuid import UUID

from app.engine.relations import rows_by
from app.kit.graphql.context import Context
from app.partners import sql
from app.partners.model import SHOWN_SECRETS

Columns = set[str]


async def partners_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Partner companies."""
    del columns
    return rows_by(await context.fetch(sql.PARTNERS_BY_ID, ids=keys), "id")


async def visible_api_keys_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Keys, live or not, for those who may make some; nobody else sees any."""
    del columns
    if not context.actor.may("partners:write"):
        return {}
    return rows_by(await context.fetch(sql.KEYS_BY_ID, ids=keys), "id")


async def secrets_by_key(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The secrets of keys that the caller sees, newest first."""
    del columns
    found: dict[UUID, list[Any]] = {}
    for row in await context.fetch(sql.SECRETS_BY_KEY, ids=keys, limit=SHOWN_SECRETS):
        found.setdefault(row["key_id"], []).append(row)
    return found
