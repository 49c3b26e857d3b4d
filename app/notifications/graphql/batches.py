"""Relations of the notifications slice, and who may see what."""

from typing import Any
from uuid import UUID

from app.engine.relations import rows_by
from app.kit.graphql.context import Context
from app.kit.graphql.inputs import is_everywhere
from app.kit.permissions import Actor
from app.notifications.sql import deliveries, endpoints

Columns = set[str]


def sees_endpoints(actor: Actor) -> bool:
    """Whether the caller sees any endpoints: those of its company, or, for the shop's own people, all.

    Endpoints hear of all locations, so keys that are limited to some see none.
    """
    if actor.partner_id is not None:
        return actor.may("partner:jobs") and actor.location_ids is None
    return actor.may("webhooks:read", "webhooks:write") and is_everywhere(actor)


async def endpoints_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Endpoints that the caller sees."""
    del columns
    actor = context.actor
    if not sees_endpoints(actor):
        return {}
    return rows_by(await context.fetch(endpoints.ENDPOINTS_BY_ID, ids=keys, partner_id=actor.partner_id), "id")


async def deliveries_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Any]:
    """Deliveries to endpoints that the caller sees."""
    del columns
    actor = context.actor
    if not sees_endpoints(actor):
        return {}
    return rows_by(await context.fetch(deliveries.DELIVERIES_BY_ID, ids=keys, partner_id=actor.partner_id), "id")


async def secrets_by_endpoint(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The secrets that sign, newest first; never the secrets themselves."""
    del columns
    found: dict[UUID, list[Any]] = {}
    for row in await context.fetch(endpoints.SECRETS_BY_ENDPOINT, ids=keys, now=context.now):
        found.setdefault(row["endpoint_id"], []).append(row)
    return found


async def queues_by_endpoint(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """How much waits, and how much was given up."""
    del columns
    return rows_by(await context.fetch(endpoints.QUEUES_BY_ENDPOINT, ids=keys), "endpoint_id")
