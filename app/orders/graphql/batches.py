"""Rows of orders by key, each by one set-based statement."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from app.engine.relations import groups_by, rows_by
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.orders.sql import views

Columns: TypeAlias = Any
MAX_HISTORY = 100


async def orders_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Orders by id. The id is the permission; partners are shown only orders for their own points."""
    del columns
    return rows_by(await context.fetch(views.ORDERS_BY_ID, ids=keys, partner_id=context.actor.partner_id), "id")


async def orders_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """The order that each cart became."""
    del columns
    rows = await context.fetch(views.ORDERS_BY_CART, references=[str(key) for key in keys])
    return {UUID(row["external_reference"]): row for row in rows}


async def lines_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """An order's lines, by line number."""
    del columns
    rows = await context.fetch(views.LINES_BY_ORDER, ids=keys, partner_id=context.actor.partner_id)
    return groups_by(rows, "order_id")


async def lines_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Lines by id."""
    del columns
    return rows_by(await context.fetch(views.LINES_BY_ID, ids=keys, partner_id=context.actor.partner_id), "id")


async def lines_by_delivery(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """The lines that are handed over together."""
    del columns
    return groups_by(await context.fetch(views.LINES_BY_DELIVERY, ids=keys), "delivery_id")


async def deliveries_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """An order's hand-overs."""
    del columns
    rows = await context.fetch(views.DELIVERIES_BY_ORDER, ids=keys, partner_id=context.actor.partner_id)
    return groups_by(rows, "order_id")


async def deliveries_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Hand-overs by id."""
    del columns
    return rows_by(await context.fetch(views.DELIVERIES_BY_ID, ids=keys, partner_id=context.actor.partner_id), "id")


async def taxes_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """An order's tax, one row per rate, highest first."""
    del columns
    return groups_by(await context.fetch(views.TAXES_BY_ORDER, ids=keys), "order_id")


async def history_by_order(
    context: Context,
    keys: list[UUID],
    columns: Columns | None,
    *,
    first: Annotated[
        int, strawberry.argument(description="How many of the newest entries, at most 100.")
    ] = MAX_HISTORY,
) -> dict[UUID, list[Row]]:
    """What happened to an order, oldest first."""
    del columns
    limit = max(0, min(first, MAX_HISTORY))
    return groups_by(await context.fetch(views.HISTORY_BY_ORDER, ids=keys, first=limit), "order_id")


async def allocations_by_line(
    context: Context, keys: list[tuple[UUID, int]], columns: Columns | None
) -> dict[tuple[UUID, int], list[Row]]:
    """Where units are set aside for a line; keys are (order id, line number)."""
    del columns
    rows = await context.fetch(
        views.ALLOCATIONS_BY_LINE,
        order_ids=[order_id for order_id, _ in keys],
        line_nos=[line_no for _, line_no in keys],
    )
    groups: dict[tuple[UUID, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["owner_id"], row["line_no"]), []).append(row)
    return groups
