"""Slots to which pickups may move."""

from typing import Annotated, Any

import strawberry

from app.capacity.graphql.slots import PickupSlot
from app.capacity.sql.slots import look_at_slots
from app.fulfillment.actions.reschedule_pickup import require_movable, span_of
from app.fulfillment.graphql.batches import touchable_pickups
from app.fulfillment.sql import pickup_slots
from app.kit.errors import NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import refused
from app.kit.paging import page_size
from app.kit.permissions import ActorKind

_SCOPE = "fulfillment:read"


@strawberry.type
class RescheduleQuery:
    """For whoever knows the order's id, and for staff."""

    @strawberry.field(
        graphql_type=list[PickupSlot],
        description="The next slots of its store to which a pickup may move by `pickupReschedule`, in order. Keys need "
        "the scope `fulfillment:read`.",
    )
    async def pickup_reschedule_slots(
        self,
        info: Info,
        pickup_id: Annotated[strawberry.ID, strawberry.argument(description="The pickup.")],
        order_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Its order; needed without a key: it shows that the caller is the buyer."),
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 100.")] = 20,
    ) -> Any:
        """An unlocked look."""
        context = info.context
        is_shopper = context.actor.kind is ActorKind.SHOPPER
        if not is_shopper and not context.actor.may(_SCOPE):
            raise refused((_SCOPE,), anonymous=False)
        page_size(first)
        key = require_uuid(pickup_id, "Pickup", "pickupId")
        order_key = None if order_id is None else require_uuid(order_id, "Order", "orderId")
        async with context.read() as tx:
            row = await pickup_slots.pickup_to_move(tx, key)
            rows = [] if row is None else touchable_pickups(context, [row])
            if row is None or not rows or (is_shopper and row.order_id != order_key):
                raise NotFound("There is no such pickup.", path=["pickupId"])
            require_movable(row)
            ready, until = await span_of(tx, row, context.now)
            board = await look_at_slots(tx, [row.location_id], context.now)
        found = board.open_slots(
            row.location_id, context.now, first, since=ready, until=until, is_prepared=until is not None
        )
        return [PickupSlot.of(one) for one in found if one.slot.begins != row.slot_begins]
