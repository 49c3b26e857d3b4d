"""What buyers ask about carts and about goods that are not in one yet."""

from typing import Annotated, Any

import strawberry

from app.capacity.model.slots import SlotBoard
from app.capacity.sql import find_stations, look_at_stations
from app.capacity.sql.slots import look_at_slots
from app.carts.graphql.asking import asked_by_cart, asked_by_lines
from app.carts.graphql.batches import carts_by_id
from app.carts.graphql.types import Cart, PickupLineInput, PickupOption
from app.carts.model import (
    OptionInputs,
    ShippingRate,
    pickup_options,
    with_lockers,
    with_slots,
)
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.ids import uuid_key
from app.kit.paging import page_size
from app.locations.graphql.batches import NearInput, origin_of
from app.sourcing.model import DeliveryMode


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
                asked, channel, plan = await asked_by_cart(tx, info.context, cart_id or "")
            else:
                asked, channel, plan = await asked_by_lines(tx, info.context, lines)
        origin = await origin_of(info.context, near)
        rate = ShippingRate.of(channel)
        inputs = OptionInputs(plan.places, plan.reachable, rate, channel.currency, origin, plan.terms)
        options = pickup_options(asked, inputs, modes, first)
        points = [
            option.location_id
            for option in options
            if option.mode is DeliveryMode.LOCKER_PICKUP and option.location_id is not None
        ]
        stores = [option.location_id for option in options if option.mode is DeliveryMode.STORE_PICKUP]
        known = [location_id for location_id in stores if location_id is not None]
        if not points and not known:
            return options
        async with info.context.read() as tx:
            stations = await look_at_stations(tx, await find_stations(tx, points)) if points else {}
            board = await look_at_slots(tx, known, info.context.now) if known else SlotBoard()
        options = with_lockers(options, asked, stations, info.context.now) if points else options
        return with_slots(options, board, info.context.now)
