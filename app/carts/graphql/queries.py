"""What buyers ask about carts and about goods that are not in one yet."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from app.capacity.sql import find_stations, look_at_stations
from app.carts import sql
from app.carts.graphql.batches import carts_by_id
from app.carts.graphql.types import Cart, PickupLineInput, PickupOption
from app.carts.model import (
    MAX_QUANTITY,
    MAX_ROWS,
    AskedLine,
    OptionInputs,
    ShippingRate,
    is_plain_text,
    pickup_options,
    with_lockers,
)
from app.catalog.sql import sellables, variant_ids_by_sku
from app.channels.sql import channel_by_code
from app.inventory.model.selling import selling_day
from app.kit.db import ReadTx, Row
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_uuid
from app.kit.ids import uuid_key
from app.kit.paging import page_size
from app.locations.graphql.batches import NearInput, origin_of
from app.sourcing.model import DeliveryMode, Goods
from app.sourcing.sql import PlanInputs, load_plan_inputs


@strawberry.type
class CartQuery:
    """Open to everyone: who knows a cart's id may read it."""

    @strawberry.field(graphql_type=Cart | None, description="A cart by its id; null when there is none.")
    async def cart(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Id of the cart.")]
    ) -> Any:
        """A row of `carts`."""
        key = uuid_key(id, "Cart")
        return None if key is None else (await carts_by_id(info.context, [key], None)).get(key)

    @strawberry.field(
        graphql_type=list[PickupOption],
        description="Ways to hand goods over: home delivery, then places, nearest first. Places that have too little "
        "are shown as well. Ask with either a cart or lines.",
    )
    async def pickup_options(
        self,
        info: Info,
        *,
        cart_id: Annotated[strawberry.ID | None, strawberry.argument(description="Id of the cart.")] = None,
        lines: Annotated[
            list[PickupLineInput] | None, strawberry.argument(description="1 to 100 rows of goods.")
        ] = None,
        near: Annotated[NearInput | None, strawberry.argument(description="Where to measure distances from.")] = None,
        modes: Annotated[
            list[DeliveryMode] | None, strawberry.argument(description="Only these modes; null for all of them.")
        ] = None,
        first: Annotated[
            int, strawberry.argument(description="How many places, 1 to 100; home delivery comes on top.")
        ] = 20,
    ) -> Any:
        """Rows of `Option`. A fixed number of statements, whatever the number of lines and places."""
        page_size(first)
        if (cart_id is None) == (lines is None):
            raise InvalidInput("Ask with either cartId or lines.", path=["cartId"])
        async with info.context.read() as tx:
            if lines is None:
                asked, channel, plan = await _of_cart(tx, info.context, cart_id or "")
            else:
                asked, channel, plan = await _of_lines(tx, info.context, lines)
        origin = await origin_of(info.context, near)
        rate = ShippingRate.of(channel)
        inputs = OptionInputs(plan.places, plan.reachable, rate, channel.currency, origin, plan.terms)
        options = pickup_options(asked, inputs, modes, first)
        points = [
            option.location_id
            for option in options
            if option.mode is DeliveryMode.LOCKER_PICKUP and option.location_id is not None
        ]
        if not points:
            return options
        async with info.context.read() as tx:
            stations = await look_at_stations(tx, await find_stations(tx, points))
        return with_lockers(options, asked, stations, info.context.now)


async def _of_cart(tx: ReadTx, context: Context, cart_id: str) -> tuple[list[AskedLine], Row, PlanInputs]:
    """The cart's lines, its row, and places and stock."""
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
        for row in contents.lines
    ]
    return asked, contents.cart, contents.inputs


async def _of_lines(
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
