"""Rows of carts by key. Problems and totals are computed from a fixed number of statements."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from app.carts import sql
from app.carts.model import CartProblem, CartTotals, CostLine, ShippingRate, cart_totals
from app.engine.relations import groups_by, rows_by
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import TypedRow
from app.kit.tax import Rounding
from app.sourcing.model import DeliveryMode

Columns: TypeAlias = Any


class ProblemRow(TypedRow):
    """A problem as the API shows it: with its type's name and the cart's currency."""

    __slots__ = ("currency",)

    def __init__(self, problem: CartProblem, currency: str) -> None:
        super().__init__(problem, type(problem).__name__)
        self.currency = currency


class TotalsRow:
    """The sums of a cart with their currency."""

    __slots__ = ("currency", "totals")

    def __init__(self, totals: CartTotals, currency: str) -> None:
        self.totals = totals
        self.currency = currency


async def carts_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Carts by id, with their channel's code and rates. The id is the permission."""
    del columns
    return rows_by(await context.fetch(sql.CARTS_BY_ID, ids=keys), "id")


async def lines_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """A cart's lines, in the order in which they were added."""
    del columns
    return groups_by(await context.fetch(sql.LINES_BY_CART, ids=keys), "cart_id")


async def lines_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Lines by id."""
    del columns
    return rows_by(await context.fetch(sql.LINES_BY_ID, ids=keys), "id")


async def lines_by_delivery(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """The lines that are to be handed over together."""
    del columns
    return groups_by(await context.fetch(sql.LINES_BY_DELIVERY, ids=keys), "delivery_id")


async def deliveries_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """A cart's deliveries, oldest first."""
    del columns
    return groups_by(await context.fetch(sql.DELIVERIES_BY_CART, ids=keys), "cart_id")


async def deliveries_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Deliveries by id."""
    del columns
    return rows_by(await context.fetch(sql.DELIVERIES_BY_ID, ids=keys), "id")


async def totals_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, TotalsRow]:
    """What carts cost, in two statements."""
    del columns
    async with context.db.read() as tx:
        carts = await tx.fetch(sql.CARTS_BY_ID, ids=keys)
        lines = groups_by(await tx.fetch(sql.LINES_BY_CART, ids=keys), "cart_id")
    return {cart.id: TotalsRow(totals_of(cart, lines.get(cart.id, [])), cart.currency) for cart in carts}


def totals_of(cart: Row, lines: Sequence[Row]) -> CartTotals:
    """The sums of a cart (row as of `lock_cart`) with these lines."""
    costs = [
        CostLine(row.total_minor, row.tax_class, row.delivery_id, None if row.mode is None else DeliveryMode(row.mode))
        for row in lines
    ]
    return cart_totals(costs, ShippingRate.of(cart), Rounding(cart.tax_rounding))


async def problems_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[ProblemRow]]:
    """What keeps carts from becoming orders. A completed cart has become one and has no problems."""
    del columns
    async with context.db.read() as tx:
        carts = [cart for cart in await tx.fetch(sql.CARTS_BY_ID, ids=keys) if cart.status == "OPEN"]
        contents = await sql.load_contents(tx, carts)
    return {cart.id: [ProblemRow(problem, cart.currency) for problem in contents[cart.id].problems()] for cart in carts}


async def problems_by_line(
    context: Context, keys: list[tuple[UUID, UUID]], columns: Columns | None
) -> Mapping[tuple[UUID, UUID], list[ProblemRow]]:
    """The problems of single lines; keys are (cart id, line id)."""
    found = await problems_by_cart(context, list(dict.fromkeys(cart_id for cart_id, _ in keys)), columns)
    groups: dict[tuple[UUID, UUID], list[ProblemRow]] = {}
    for cart_id, problems in found.items():
        for problem in problems:
            groups.setdefault((cart_id, problem.line_id), []).append(problem)
    return groups
