"""Rows of carts by key. Problems and totals are computed from a fixed number of statements."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from app.carts import sql
from app.carts.model import CartProblem, CartStatus, CartTotals, CostLine, ShippingRate, cart_totals
from app.carts.sql.reservations import RESERVATIONS_BY_CART, RESERVED_LINES_BY_CART
from app.engine.relations import TypedRow, groups_by, rows_by
from app.inventory.model.selling import selling_day
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.tax import Rounding
from app.sourcing.model import DeliveryMode
from app.sourcing.sql import load_plan_inputs

Columns: TypeAlias = Any


class TotalsKey(NamedTuple):
    """What the sums of a cart depend on besides its lines."""

    cart_id: UUID
    currency: str
    tax_rounding: str
    shipping_fee_minor: int
    free_shipping_from_minor: int | None


class ProblemsKey(NamedTuple):
    """What the problems of a cart depend on besides its lines."""

    cart_id: UUID
    status: str
    currency: str
    channel_id: int
    location_group_id: int
    reservation_id: UUID | None


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


async def totals_by_cart(
    context: Context, keys: list[TotalsKey], columns: Columns | None
) -> dict[TotalsKey, TotalsRow]:
    """What carts cost."""
    del columns
    lines = groups_by(await context.fetch(sql.LINES_BY_CART, ids=[key.cart_id for key in keys]), "cart_id")
    return {key: TotalsRow(_totals(key, lines.get(key.cart_id, [])), key.currency) for key in keys}


def _totals(key: TotalsKey, lines: Sequence[Row]) -> CartTotals:
    costs = [
        CostLine(row.total_minor, row.tax_class, row.delivery_id, None if row.mode is None else DeliveryMode(row.mode))
        for row in lines
    ]
    rate = ShippingRate(key.shipping_fee_minor, key.free_shipping_from_minor)
    return cart_totals(costs, rate, Rounding(key.tax_rounding))


async def problems_by_cart(
    context: Context, keys: list[ProblemsKey], columns: Columns | None
) -> dict[ProblemsKey, list[ProblemRow]]:
    """What keeps carts from becoming orders. A completed cart has become one and has no problems.

    One statement, one more where one of the carts was reserved, two where one is collected in a slot, and a fixed
    number for each of their channels.
    """
    del columns
    open_keys = [key for key in keys if key.status == CartStatus.OPEN]
    problems: dict[ProblemsKey, list[ProblemRow]] = {}
    async with context.read() as tx:
        rows = await tx.fetch(sql.LINES_BY_CART, ids=[key.cart_id for key in open_keys])
        lines: dict[UUID, list[Row]] = groups_by(rows, "cart_id")
        reserved = await sql.reserved_for(tx, open_keys)
        slots = await sql.slots_of_lines(tx, rows, context.now)
        for channel_id in dict.fromkeys(key.channel_id for key in open_keys):
            own = [key for key in open_keys if key.channel_id == channel_id]
            variant_ids = [line.variant_id for key in own for line in lines.get(key.cart_id, ())]
            named = (line.delivery_location_id for key in own for line in lines.get(key.cart_id, ()))
            points = {location_id for location_id in named if location_id is not None}
            inputs = await load_plan_inputs(
                tx,
                group_id=own[0].location_group_id,
                channel_id=channel_id,
                today=selling_day(context.now),
                variant_ids=variant_ids,
                points=points,
            )
            for key in own:
                mine = () if key.reservation_id is None else reserved.get(key.reservation_id, ())
                found = sql.problems_of(lines.get(key.cart_id, []), sql.with_reserved(inputs, mine), slots, context.now)
                problems[key] = [ProblemRow(problem, key.currency) for problem in found]
    return problems


async def reservations_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """What is reserved for carts: until when, and how far that may be moved."""
    del columns
    return rows_by(await context.fetch(RESERVATIONS_BY_CART, ids=keys), "cart_id")


async def reserved_lines_by_cart(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Row]]:
    """The units that are reserved for lines of carts, in the order of the lines."""
    del columns
    return groups_by(await context.fetch(RESERVED_LINES_BY_CART, ids=keys), "cart_id")


async def problems_by_line(
    context: Context, keys: list[tuple[ProblemsKey, UUID]], columns: Columns | None
) -> Mapping[tuple[ProblemsKey, UUID], list[ProblemRow]]:
    """The problems of single lines; keys are (cart, line id)."""
    found = await problems_by_cart(context, list(dict.fromkeys(cart for cart, _ in keys)), columns)
    groups: dict[tuple[ProblemsKey, UUID], list[ProblemRow]] = {}
    for cart, problems in found.items():
        for problem in problems:
            groups.setdefault((cart, problem.line_id), []).append(problem)
    return groups
