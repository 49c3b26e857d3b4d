"""Inputs and payloads of the mutations: one of each per mutation."""

from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.graphql.batches import pickups_by_id
from app.fulfillment.graphql.types import LazyOrder, Pickup
from app.fulfillment.model.pickups import PickupExpiryReason
from app.kit.graphql.payload import Payload
from app.orders.graphql.batches import orders_by_id

_KEY = "Makes repetitions harmless: the same key with the same input gets the first answer again."
NEEDED_KEY = (
    "Needed, because stock, money or an order moves. Makes repetitions harmless: the same key with the same input gets "
    "the first answer again. One key per intent, such as a UUID."
)


@strawberry.input(description="Input of `orderCancel`.")
class OrderCancelInput:
    """One order."""

    order_id: strawberry.ID = strawberry.field(description="The order.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the order's history; up to 200 characters."
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `orderCancel`.")
class OrderCancelPayload(Payload):
    """Read after the commit."""

    order_id: strawberry.Private[str | None] = None
    order = relation(
        LazyOrder,
        orders_by_id,
        key=lambda payload: payload.order_id and UUID(payload.order_id),
        description="The order, CANCELED.",
    )


@strawberry.input(description="Input of a mutation about one pickup.")
class PickupInput:
    """Base of the inputs that move no goods."""

    pickup_id: strawberry.ID = strawberry.field(description="The pickup.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="Input of a mutation that ends one pickup.")
class PickupEndInput:
    """Base of the inputs that move goods or money."""

    pickup_id: strawberry.ID = strawberry.field(description="The pickup.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.interface(description="What every mutation about one pickup answers.")
class PickupPayload(Payload):
    """Base of the payloads below; read after the commit."""

    pickup_id: strawberry.Private[str | None] = None
    pickup = relation(
        Pickup,
        pickups_by_id,
        key=lambda payload: payload.pickup_id and UUID(payload.pickup_id),
        description="The pickup as it is now.",
    )


@strawberry.input(description="Input of `pickupMarkReady`.")
class PickupMarkReadyInput(PickupInput):
    """One pickup."""


@strawberry.type(description="The answer to `pickupMarkReady`.")
class PickupMarkReadyPayload(PickupPayload):
    """The pickup is READY."""


@strawberry.input(description="Input of `pickupCodeVerify`.")
class PickupCodeVerifyInput:
    """One pickup and what its shopper says."""

    pickup_id: strawberry.ID = strawberry.field(description="The pickup.")
    code: str = strawberry.field(description="The code as the shopper says or types it.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="The answer to `pickupCodeVerify`.")
class PickupCodeVerifyPayload(PickupPayload):
    """With a refusal the pickup is told too, so that a locked one is seen at once."""


@strawberry.input(description="Input of `pickupCodeUnlock`.")
class PickupCodeUnlockInput(PickupInput):
    """One pickup."""


@strawberry.type(description="The answer to `pickupCodeUnlock`.")
class PickupCodeUnlockPayload(PickupPayload):
    """The pickup has a new code."""


@strawberry.input(description="Input of `pickupHandOver`.")
class PickupHandOverInput(PickupEndInput):
    """One pickup."""


@strawberry.type(description="The answer to `pickupHandOver`.")
class PickupHandOverPayload(PickupPayload):
    """The pickup is COLLECTED."""


@strawberry.input(description="Input of `pickupExpire`.")
class PickupExpireInput(PickupEndInput):
    """One pickup."""

    reason: PickupExpiryReason = strawberry.field(
        default=PickupExpiryReason.HOLD_ENDED, description="Why. All but `HOLD_ENDED` are possible before `holdUntil`."
    )


@strawberry.type(description="The answer to `pickupExpire`.")
class PickupExpirePayload(PickupPayload):
    """The pickup is EXPIRED."""


@strawberry.input(description="Input of `backorderCancel`.")
class BackorderCancelInput:
    """One line that waits."""

    order_id: strawberry.ID = strawberry.field(description="The order.")
    line_no: int = strawberry.field(description="The number of the line whose units have not come yet.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `backorderCancel`.")
class BackorderCancelPayload(Payload):
    """Read after the commit."""

    order_id: strawberry.Private[str | None] = None
    order = relation(
        LazyOrder,
        orders_by_id,
        key=lambda payload: payload.order_id and UUID(payload.order_id),
        description="The order without what it waited for.",
    )
