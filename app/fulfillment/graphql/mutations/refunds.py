"""Money goes back to buyers."""

from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.actions.refund_order import refund_order
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY
from app.fulfillment.graphql.types import LazyOrder
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.kit.text import is_storable
from app.orders.graphql.batches import orders_by_id
from app.payments.model import RefundReason

MAX_NOTE = 200


@strawberry.input(description="Input of `orderRefund`.")
class OrderRefundInput:
    """One part of an order's money."""

    order_id: strawberry.ID = strawberry.field(description="The order.")
    amount_minor: int = strawberry.field(
        description="How much, tax included, in minor units of the order's currency: 1980 is ¥1,980."
    )
    reason: RefundReason = strawberry.field(description="Why.")
    note: str | None = strawberry.field(
        default=None, description="More about it, for colleagues; up to 200 characters."
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `orderRefund`.")
class OrderRefundPayload(Payload):
    """Read after the commit."""

    order_id: strawberry.Private[str | None] = None
    order = relation(
        LazyOrder,
        orders_by_id,
        key=lambda payload: payload.order_id and UUID(payload.order_id),
        description="The order; `payment { refunds }` has what is given back.",
    )


@strawberry.type
class RefundMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Give back a part of what was taken for an order, or all of it. A card company is asked right "
        "after this, until it answers; what was paid at a counter or in another system is given back there, and "
        "written down here. What is due is in the case REFUND_DUE, which ends with it.",
        **requires("orders:write"),
    )
    async def order_refund(self, info: Info, input: OrderRefundInput) -> OrderRefundPayload:
        """Never more than was taken."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = require_uuid(input.order_id, "Order", "input", "orderId")
            note = (input.note or "").strip() or None
            if note is not None and (len(note) > MAX_NOTE or not is_storable(note)):
                message = f"A note has up to {MAX_NOTE} characters, and none that cannot be kept."
                raise InvalidInput(message, path=["input", "note"])
            try:
                await refund_order(
                    tx,
                    order_id,
                    input.amount_minor,
                    reason=input.reason,
                    note=note,
                    actor=context.actor.reference,
                    now=context.now,
                )
            except NotFound as error:
                raise error.at("input", "orderId") from None
            return Outcome({"order_id": str(order_id)})

        return await commit(
            context,
            OrderRefundPayload,
            work,
            operation="orderRefund",
            key=input.idempotency_key,
            body=input,
        )
