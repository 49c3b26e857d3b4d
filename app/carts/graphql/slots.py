"""When goods that are not ordered yet can be collected."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.capacity.graphql.slots import PickupSlot
from app.capacity.sql.slots import look_at_slots
from app.carts.graphql.asking import asked_by_cart, asked_by_lines
from app.carts.graphql.types import PickupLineInput
from app.kit.db import ReadTx
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int
from app.kit.paging import page_size


@strawberry.type
class CartSlotQuery:
    """Open to everyone."""

    @strawberry.field(
        graphql_type=list[PickupSlot],
        description="The next slots in which goods can be collected at a store, in order; empty where the store hands "
        "over at all times. With a cart or with lines only those at whose beginning these goods can be there: what has "
        "to come from elsewhere comes later. Nothing is kept: `checkoutComplete` does.",
    )
    async def pickup_slots(  # noqa: PLR0917  # GraphQL passes them by name
        self,
        info: Info,
        location_id: Annotated[strawberry.ID, strawberry.argument(description="The store.")],
        cart_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Id of the cart: its lines that are to be collected there, or else all."),
        ] = None,
        lines: Annotated[
            list[PickupLineInput] | None, strawberry.argument(description="1 to 100 rows of goods, in place of a cart.")
        ] = None,
        since: Annotated[
            datetime | None, strawberry.argument(name="from", description="Only slots that begin then or later.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 100.")] = 20,
        with_full: Annotated[
            bool, strawberry.argument(description="Whether those are shown that are full, too.")
        ] = False,
    ) -> Any:
        """An unlocked look. A fixed number of statements, whatever the number of lines and slots."""
        context = info.context
        page_size(first)
        if cart_id is not None and lines is not None:
            raise InvalidInput("Ask with either cartId or lines.", path=["cartId"])
        key = require_int(location_id, "Location", "locationId")
        key = key if key < 1 << 31 else 0
        async with context.read() as tx:
            board = await look_at_slots(tx, [key], context.now)
            plan = board.plans.get(key)
            if plan is None:
                return []
            is_here = await _is_here(tx, context, key, cart_id, lines)
        ready = since
        if not is_here:
            ready = max(plan.transferred(context.now), since or context.now)
        found = board.open_slots(key, context.now, first, since=ready, with_full=with_full)
        return [PickupSlot.of(one) for one in found]


async def _is_here(
    tx: ReadTx, context: Context, location_id: int, cart_id: str | None, lines: list[PickupLineInput] | None
) -> bool:
    """Whether all these goods lie at the store."""
    if cart_id is not None:
        asked, _, plan = await asked_by_cart(tx, context, cart_id, location_id)
    elif lines is not None:
        asked, _, plan = await asked_by_lines(tx, context, lines)
    else:
        return True
    units = plan.reachable
    return all(units.get((line.variant_id, location_id), 0) >= line.quantity for line in asked)
