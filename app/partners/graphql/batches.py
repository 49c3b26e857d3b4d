"""Relations of the partners slice."""

from typing import Any
from uuid import UUID

from app.engine.relations import rows_by
from app.kit.graphql.context import Context
from app.kit.permissions import Actor
from app.partners import sql
from app.partners.actions.authenticate import KEY_REFERENCE
from app.partners.model import SHOWN_SECRETS

Columns = set[str]


async def partners_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Partner companies."""
    del columns
    return rows_by(await context.fetch(sql.PARTNERS_BY_ID, ids=keys), "id")


async def visible_api_keys_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Keys, live or not, for those who may make some; everybody else sees the own one."""
    del columns
    rows = await context.fetch(sql.KEYS_BY_ID, ids=keys)
    if not context.actor.may("partners:write"):
        rows = [row for row in rows if row["name"] == name_of_own_key(context.actor)]
    return rows_by(rows, "id")


async def own_api_keys(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Any]:
    """Keys by their names, for the callers that they are."""
    del columns
    return rows_by(await context.fetch(sql.KEYS_BY_NAME, names=keys), "name")


def name_of_own_key(actor: Actor) -> str | None:
    """The name of the key that the caller uses; None without one."""
    return actor.reference.removeprefix(KEY_REFERENCE) if actor.reference.startswith(KEY_REFERENCE) else None


async def secrets_by_key(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The secrets of keys that the caller sees, newest first."""
    del columns
    found: dict[UUID, list[Any]] = {}
    for row in await context.fetch(sql.SECRETS_BY_KEY, ids=keys, limit=SHOWN_SECRETS):
        found.setdefault(row["key_id"], []).append(row)
    return found
