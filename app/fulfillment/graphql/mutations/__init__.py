"""What people and partners report, and the cancellation of orders."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import strawberry

from app.catalog.model import is_storable
from app.fulfillment.actions.cancel_backorder import cancel_backorder
from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.unlock_code import unlock_code
from app.fulfillment.actions.verify_code import verify_code
from app.fulfillment.graphql.mutations.forms import (
    BackorderCancelInput,
    BackorderCancelPayload,
    OrderCancelInput,
    OrderCancelPayload,
    PickupCodeUnlockInput,
    PickupCodeUnlockPayload,
    PickupCodeVerifyInput,
    PickupCodeVerifyPayload,
    PickupEndInput,
    PickupExpireInput,
    PickupExpirePayload,
    PickupHandOverInput,
    PickupHandOverPayload,
    PickupInput,
    PickupMarkReadyInput,
    PickupMarkReadyPayload,
    PickupPayload,
)
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import refused, requires
from app.kit.permissions import Actor, ActorKind

MAX_REASON = 200
PickupPayloadT = TypeVar("PickupPayloadT", bound=PickupPayload)
Step = Callable[[WriteTx, UUID], Awaitable[DomainError | None]]


@strawberry.type
class FulfillmentMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="An own store has the goods ready at its counter: the shopper gets a code.",
        **requires("fulfillment:write"),
    )
    async def pickup_mark_ready(self, info: Info, input: PickupMarkReadyInput) -> PickupMarkReadyPayload:
        """Kept for the location's hold days."""
        actor, now = info.context.actor, info.context.now
        return await _step(
            info.context,
            PickupMarkReadyPayload,
            lambda tx, pickup_id: mark_ready(tx, pickup_id, actor=actor, now=now),
            "pickupMarkReady",
            input,
        )

    @strawberry.mutation(
        description="Is this the pickup's code? The right one allows the hand-over for 15 minutes. A wrong one is "
        "counted; five lock the pickup.",
        **requires("partner:jobs", "fulfillment:write"),
    )
    async def pickup_code_verify(self, info: Info, input: PickupCodeVerifyInput) -> PickupCodeVerifyPayload:
        """The right one allows the hand-over and resets the count."""
        context = info.context

        async def step(tx: WriteTx, pickup_id: UUID) -> DomainError | None:
            return await verify_code(
                tx,
                pickup_id,
                input.code,
                secret_key=context.config.secret_key,
                actor=context.actor,
                now=context.now,
            )

        return await _step(context, PickupCodeVerifyPayload, step, "pickupCodeVerify", input)

    @strawberry.mutation(
        description="Forget wrong codes and give the pickup a new code, which the shopper finds at the order.",
        **requires("fulfillment:write"),
    )
    async def pickup_code_unlock(self, info: Info, input: PickupCodeUnlockInput) -> PickupCodeUnlockPayload:
        """The old code is void."""
        actor, now = info.context.actor, info.context.now
        return await _step(
            info.context,
            PickupCodeUnlockPayload,
            lambda tx, pickup_id: unlock_code(tx, pickup_id, actor=actor, now=now),
            "pickupCodeUnlock",
            input,
        )

    @strawberry.mutation(
        description="A store gave the goods to whoever said the right code within the last 15 minutes. Points report "
        "it by `pickupReport`.",
        **requires("fulfillment:write"),
    )
    async def pickup_hand_over(self, info: Info, input: PickupHandOverInput) -> PickupHandOverPayload:
        """A payment due at the pickup is taken."""
        actor, now = info.context.actor, info.context.now
        return await _step(
            info.context,
            PickupHandOverPayload,
            lambda tx, pickup_id: hand_over(tx, pickup_id, actor=actor, now=now),
            "pickupHandOver",
            input,
        )

    @strawberry.mutation(
        description="A store does not keep the goods any longer: the units are on sale again and their order lines are "
        "canceled. Refused before `holdUntil` unless there is another reason than that nobody came. Points report it "
        "by `pickupReport`.",
        **requires("fulfillment:write"),
    )
    async def pickup_expire(self, info: Info, input: PickupExpireInput) -> PickupExpirePayload:
        """Own stores' pickups also expire by themselves."""
        actor, now = info.context.actor, info.context.now
        return await _step(
            info.context,
            PickupExpirePayload,
            lambda tx, pickup_id: expire_pickup(tx, pickup_id, reason=input.reason, actor=actor, now=now),
            "pickupExpire",
            input,
        )

    @strawberry.mutation(
        description="Give an order up while nothing of it has left. Whoever holds the order's id may do it; keys "
        "need the scope `orders:write`."
    )
    async def order_cancel(self, info: Info, input: OrderCancelInput) -> OrderCancelPayload:
        """Its units are on sale again."""
        context = info.context
        _may_cancel(context.actor)

        async def work(tx: WriteTx) -> Outcome:
            order_id = require_uuid(input.order_id, "Order", "input", "orderId")
            reason = (input.reason or "").strip()
            if len(reason) > MAX_REASON or not is_storable(reason):
                message = f"A reason has up to {MAX_REASON} characters, and none that cannot be kept."
                raise InvalidInput(message, path=["input", "reason"])
            reference = context.actor.reference
            try:
                await cancel_order(tx, order_id, reason=reason or "REQUESTED", actor=reference, now=context.now)
            except NotFound as error:
                raise error.at("input", "orderId") from None
            return Outcome({"order_id": str(order_id)})

        return await commit(
            context,
            OrderCancelPayload,
            work,
            operation="orderCancel",
            key=input.idempotency_key,
            body=input,
            subject=input.order_id,
        )

    @strawberry.mutation(
        description="Take a line out of an order whose units have not come yet; who waits behind it moves up.",
        **requires("orders:write"),
    )
    async def backorder_cancel(self, info: Info, input: BackorderCancelInput) -> BackorderCancelPayload:
        """The rest of the order stays."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = require_uuid(input.order_id, "Order", "input", "orderId")
            try:
                await cancel_backorder(tx, order_id, input.line_no, actor=context.actor.reference, now=context.now)
            except NotFound as error:
                raise error.at("input", "orderId") from None
            return Outcome({"order_id": str(order_id)})

        operation = "backorderCancel"
        return await commit(
            context, BackorderCancelPayload, work, operation=operation, key=input.idempotency_key, body=input
        )


def _may_cancel(actor: Actor) -> None:
    """Shoppers are known by the order's id; a key needs the scope. Raises the error of a missing one."""
    if actor.kind is not ActorKind.SHOPPER and not actor.may("orders:write"):
        raise refused(("orders:write",), anonymous=False)


async def _step(
    context: Context,
    payload_type: type[PickupPayloadT],
    step: Step,
    operation: str,
    input: PickupInput | PickupEndInput | PickupCodeVerifyInput,
) -> PickupPayloadT:
    """Move one pickup on. A refusal that the step returns is kept with its effects."""

    async def work(tx: WriteTx) -> Outcome:
        pickup_id = require_uuid(input.pickup_id, "Pickup", "input", "pickupId")
        try:
            refusal = await step(tx, pickup_id)
        except NotFound as error:
            raise error.at("input", "pickupId") from None
        return Outcome({"pickup_id": str(pickup_id)}, refusal=refusal)

    return await commit(context, payload_type, work, operation=operation, key=input.idempotency_key, body=input)
