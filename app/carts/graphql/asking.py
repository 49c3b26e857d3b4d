"""About which goods buyers ask: those of a cart, or rows of SKUs."""

from collections.abc import Sequence

from app.carts import sql
from app.carts.graphql.types import PickupLineInput
from app.carts.model import MAX_QUANTITY, MAX_ROWS, AskedLine, is_plain_text
from app.catalog.sql import sellables, variant_ids_by_sku
from app.channels.sql import channel_by_code
from app.inventory.model.selling import selling_day
from app.kit.db import ReadTx, Row
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import require_uuid
from app.sourcing.model import Goods
from app.sourcing.sql import PlanInputs, load_plan_inputs


async def asked_by_cart(
    tx: ReadTx, context: Context, cart_id: str, location_id: int | None = None
) -> tuple[list[AskedLine], Row, PlanInputs]:
    """The cart's lines, its row, and places and stock.

    location_id: only the lines that are to be collected there, if there are any.
    """
    key = require_uuid(cart_id, "Cart", "cartId")
    carts = await tx.fetch(sql.CARTS_BY_ID, ids=[key])
    if not carts:
        raise NotFound("There is no such cart.", path=["cartId"])
    contents = (await sql.load_contents(tx, carts, now=context.now, with_all_points=True))[key]
    asked = [
        AskedLine(
            variant_id=row.variant_id,
            sku=row.sku,
            quantity=row.quantity,
            price_minor=row.unit_price_minor,
            goods=Goods.of(contents.goods[row.variant_id]),
            line_id=row.id,
        )
        for row in _lines_at(contents.lines, location_id)
    ]
    return asked, contents.cart, contents.inputs


async def asked_by_lines(
    tx: ReadTx, context: Context, lines: Sequence[PickupLineInput]
) -> tuple[list[AskedLine], Row, PlanInputs]:
    """The lines in the request's channel, its row, and places and stock."""
    quantities = _quantities(lines)
    channel = await channel_by_code(tx, context.channel) if is_plain_text(context.channel) else None
    if channel is None or not channel.is_active:
        raise NotFound("There is no such channel.", path=["lines"])
    by_sku = await variant_ids_by_sku(tx, list(quantities))
    for index, line in enumerate(lines):
        if line.sku not in by_sku:
            raise NotFound("There is no such SKU.", path=["lines", str(index), "sku"])
    variant_ids = [by_sku[sku] for sku in quantities]
    goods = await sellables(tx, variant_ids, channel.id)
    plan = await load_plan_inputs(
        tx,
        group_id=channel.location_group_id,
        channel_id=channel.id,
        today=selling_day(context.now),
        variant_ids=variant_ids,
    )
    asked = [
        AskedLine(
            variant_id=row.id,
            sku=row.sku,
            quantity=quantities[row.sku],
            price_minor=row.price_minor or 0,
            goods=Goods.of(row),
        )
        for row in (goods[variant_id] for variant_id in variant_ids)
    ]
    return asked, channel, plan


def _lines_at(lines: list[Row], location_id: int | None) -> list[Row]:
    return [row for row in lines if row.delivery_location_id == location_id is not None] or lines


def _quantities(lines: Sequence[PickupLineInput]) -> dict[str, int]:
    """Units by SKU, in the order of the rows. Raises InvalidInput or NotFound."""
    if not 1 <= len(lines) <= MAX_ROWS:
        message = f"Ask for 1 to {MAX_ROWS} rows."
        raise InvalidInput(message, path=["lines"])
    quantities: dict[str, int] = {}
    for index, line in enumerate(lines):
        if not is_plain_text(line.sku):
            raise NotFound("There is no such SKU.", path=["lines", str(index), "sku"])
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        if line.quantity < 1 or quantities[line.sku] > MAX_QUANTITY:
            message = f"Ask for 1 to {MAX_QUANTITY} units."
            raise InvalidInput(message, path=["lines", str(index), "quantity"])
    return quantities
