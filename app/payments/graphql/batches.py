"""Rows of payments by key, each by one set-based statement."""

from typing import Any
from uuid import UUID

from app.engine.relations import groups_by, rows_by
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.permissions import ActorKind
from app.payments import sql


async def payments_by_order(context: Context, keys: list[UUID], columns: Any) -> dict[UUID, Row]:
    """The newest payment of each order. How a buyer pays is no partner's business."""
    del columns
    if context.actor.kind is ActorKind.PARTNER:
        return {}
    return rows_by(await context.fetch(sql.PAYMENTS_BY_ORDER, ids=keys), "order_id")


async def refunds_by_order(context: Context, keys: list[UUID], columns: Any) -> dict[UUID, list[Row]]:
    """What was given back of each order's payments, oldest first."""
    del columns
    if context.actor.kind is ActorKind.PARTNER:
        return {}
    return groups_by(await context.fetch(sql.REFUNDS_BY_ORDER, ids=keys), "order_id")
