"""What buyers say about their pickups, and what staff says for them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.actions.announce_buyer import announce_buyer
from app.fulfillment.actions.extend_pickup import extend_pickup
from app.fulfillment.actions.reschedule_pickup import reschedule_pickup
from app.fulfillment.actions.set_collector import set_collector
from app.fulfillment.graphql.batches import pickups_of_buyers
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY, PickupPayload
from app.fulfillment.graphql.types import Pickup
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import refused
from app.kit.permissions import ActorKind

PickupPayloadT = TypeVar("PickupPayloadT", bound="BuyersPickupPayload")
_ORDER: Final = "The order that the pickup is part of; needed without a key: it shows that the caller is the buyer."
_SCOPE: Final = "fulfillment:write"


@strawberry.input(description="Input of a mutation by which a buyer says something about one pickup.")
class BuyersPickupInput:
    """Base of the inputs below."""

    pickup_id: strawberry.ID = strawberry.field(description="The pickup.")
    order_id: strawberry.ID | None = strawberry.field(default=None, description=_ORDER)
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.interface(description="What mutations by which a buyer says something about a pickup answer.")
class BuyersPickupPayload(PickupPayload):
    """Read after the commit, for whoever named the order."""

    pickup = relation(
        Pickup,
        pickups_of_buyers,
        key=lambda payload: payload.pickup_id and UUID(payload.pickup_id),
        description="The pickup as it is now.",
    )


@strawberry.input(description="Input of `pickupExtend`.")
class PickupExtendInput(BuyersPickupInput):
    """One pickup."""

    until: datetime | None = strawberry.field(
        default=None,
        description="The new end, for staff; null: as many days longer as the place allows, as for buyers.",
    )


@strawberry.type(description="The answer to `pickupExtend`.")
class PickupExtendPayload(BuyersPickupPayload):
    """The pickup is kept for longer."""


@strawberry.input(description="Input of `pickupCollectorSet`.")
class PickupCollectorSetInput(BuyersPickupInput):
    """One pickup."""

    name: str | None = strawberry.field(
        default=None, description="Who will collect, 1 to 80 characters; null: the buyer after all."
    )


@strawberry.type(description="The answer to `pickupCollectorSet`.")
class PickupCollectorSetPayload(BuyersPickupPayload):
    """The pickup has a new code."""


@strawberry.input(description="Input of `pickupAnnounce`.")
class PickupAnnounceInput(BuyersPickupInput):
    """One pickup."""

    note: str | None = strawberry.field(
        default=None, description="Where the buyer waits, such as `silver van, bay 3`; up to 200 characters."
    )


@strawberry.type(description="The answer to `pickupAnnounce`.")
class PickupAnnouncePayload(BuyersPickupPayload):
    """The store's people know."""


@strawberry.input(description="Input of `pickupReschedule`.")
class PickupRescheduleInput(BuyersPickupInput):
    """One pickup."""

    slot_begins: datetime = strawberry.field(
        description="When the pickup slot begins, one of `pickupRescheduleSlots` (UTC)."
    )


@strawberry.type(description="The answer to `pickupReschedule`.")
class PickupReschedulePayload(BuyersPickupPayload):
    """`Pickup.slot` is the new one."""


@strawberry.type
class BuyersPickupMutation:
    """For whoever knows the order's id, and for staff."""

    @strawberry.mutation(
        description="Keep the goods of a pickup for longer. Buyers can do it once, where the place allows it; keys "
        "need the scope `fulfillment:write`."
    )
    async def pickup_extend(self, info: Info, input: PickupExtendInput) -> PickupExtendPayload:
        """Points see the new end."""
        context = info.context

        async def step(tx: WriteTx, pickup_id: UUID, order_id: UUID | None) -> None:
            await extend_pickup(
                tx, pickup_id, order_id=order_id, until=input.until, actor=context.actor, now=context.now
            )

        return await _say(context, PickupExtendPayload, step, "pickupExtend", input)

    @strawberry.mutation(
        description="Somebody else will collect: whoever hands over sees the name, and the pickup gets a new code, "
        "which the buyer passes on; the old one is void. Keys need the scope `fulfillment:write`."
    )
    async def pickup_collector_set(self, info: Info, input: PickupCollectorSetInput) -> PickupCollectorSetPayload:
        """The same name again changes nothing."""
        context = info.context

        async def step(tx: WriteTx, pickup_id: UUID, order_id: UUID | None) -> None:
            await set_collector(tx, pickup_id, input.name, order_id=order_id, actor=context.actor, now=context.now)

        return await _say(context, PickupCollectorSetPayload, step, "pickupCollectorSet", input)

    @strawberry.mutation(
        description="The buyer is there, at the counter or outside: the store's people see since when and where. Keys "
        "need the scope `fulfillment:write`."
    )
    async def pickup_announce(self, info: Info, input: PickupAnnounceInput) -> PickupAnnouncePayload:
        """The last word counts."""
        context = info.context

        async def step(tx: WriteTx, pickup_id: UUID, order_id: UUID | None) -> None:
            await announce_buyer(tx, pickup_id, input.note, order_id=order_id, actor=context.actor, now=context.now)

        return await _say(context, PickupAnnouncePayload, step, "pickupAnnounce", input)

    @strawberry.mutation(
        description="Collect in another slot of the store, or in one at all: the slot is taken and the one before "
        "freed in one, and the preparation is due when it begins. Once the goods are ready, only until `holdUntil`. "
        "Keys need the scope `fulfillment:write`."
    )
    async def pickup_reschedule(self, info: Info, input: PickupRescheduleInput) -> PickupReschedulePayload:
        """As often as there are slots."""
        context = info.context

        async def step(tx: WriteTx, pickup_id: UUID, order_id: UUID | None) -> None:
            begins = input.slot_begins
            await reschedule_pickup(tx, pickup_id, begins, order_id=order_id, actor=context.actor, now=context.now)

        return await _say(context, PickupReschedulePayload, step, "pickupReschedule", input)


async def _say(
    context: Context,
    payload_type: type[PickupPayloadT],
    step: Callable[[WriteTx, UUID, UUID | None], Awaitable[None]],
    operation: str,
    input: BuyersPickupInput,
) -> PickupPayloadT:
    if context.actor.kind is not ActorKind.SHOPPER and not context.actor.may(_SCOPE):
        raise refused((_SCOPE,), anonymous=False)

    async def work(tx: WriteTx) -> Outcome:
        pickup_id = require_uuid(input.pickup_id, "Pickup", "input", "pickupId")
        order_id = None if input.order_id is None else require_uuid(input.order_id, "Order", "input", "orderId")
        try:
            await step(tx, pickup_id, order_id)
        except NotFound as error:
            raise error.at("input", "pickupId") from None
        return Outcome({"pickup_id": str(pickup_id)})

    key, subject = input.idempotency_key, input.pickup_id
    return await commit(context, payload_type, work, operation=operation, key=key, body=input, subject=subject)
