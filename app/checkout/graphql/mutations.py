"""The checkout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry

from app.carts.graphql.batches import carts_by_id
from app.checkout.actions.complete_payment import PaymentOutcome, complete_payment
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout, CheckoutRequest, PlacedOrder
from app.engine.relations import relation
from app.inventory.errors import ReservationExpired
from app.inventory.graphql.second_look import with_second_look
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.errors import to_user_error
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, answer_each, commit_in_group, grouped
from app.orders.graphql.batches import orders_by_id
from app.payments.errors import PaymentDeclined
from app.payments.model import AuthorizationRequest, PaymentMethod

if TYPE_CHECKING:
    from app.carts.graphql.types import Cart
    from app.orders.graphql.types import Order

LazyCart = Annotated["Cart", strawberry.lazy("app.carts.graphql.types")]
LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]


class CheckoutPaymentMethod(StrEnum):
    """How a checkout can be paid."""

    CARD = "CARD"
    PAY_AT_PICKUP = "PAY_AT_PICKUP"


describe_enum(
    CheckoutPaymentMethod,
    "How a checkout can be paid.",
    {
        CheckoutPaymentMethod.CARD: "By card: `token` comes from the payment provider's form.",
        CheckoutPaymentMethod.PAY_AT_PICKUP: "At the counter, when every line is collected at an own store.",
    },
)


@strawberry.input(description="How the order is to be paid.")
class CheckoutPaymentInput:
    """Method and card."""

    method: CheckoutPaymentMethod = strawberry.field(description="How.")
    token: str | None = strawberry.field(
        default=None,
        description="What the payment provider gave for the card; needed with `CARD`. The built-in test provider "
        "declines `tok_declined`, gives no answer to `tok_unreachable`, and accepts all others.",
    )


@strawberry.input(description="A cart to be ordered.")
class CheckoutCompleteInput:
    """Everything that the cart does not know."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    email: str | None = strawberry.field(
        default=None, description="Where the buyer wants messages; needed unless the cart has an address."
    )
    payment: CheckoutPaymentInput = strawberry.field(description="How the order is to be paid.")
    expected_total: int | None = strawberry.field(
        default=None,
        description="The total that the buyer was shown, in minor units; another one is refused with PRICE_CHANGED.",
    )
    idempotency_key: str = strawberry.field(
        description="Makes repeating the mutation safe. A cart becomes one order under any number of keys. After a "
        "payment was refused, the same key repeats that answer; another try takes a new key."
    )


@strawberry.type(description="The answer to `checkoutComplete`.")
class CheckoutCompletePayload(Payload):
    """Order and cart as they are after the checkout."""

    authorization: strawberry.Private[AuthorizationRequest | None] = None
    order_id: strawberry.Private[str | None] = None
    cart_id: strawberry.Private[str | None] = None
    order = relation(
        LazyOrder,
        orders_by_id,
        key=lambda payload: payload.order_id and UUID(payload.order_id),
        description="The order. Its status is PLACED, PENDING_PAYMENT while the provider gives no answer, or CANCELED "
        "beside the refusal of a payment; null when the checkout was refused.",
    )
    cart = relation(
        LazyCart,
        carts_by_id,
        key=lambda payload: payload.cart_id and UUID(payload.cart_id),
        description="The cart: completed, or open again beside the refusal of a payment; null when the checkout was "
        "refused before.",
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    """A `checkoutComplete` as it came."""

    input: CheckoutCompleteInput
    actor: str
    now: datetime


async def _place(tx: WriteTx, sent: Sequence[_Sent]) -> list[Outcome | DomainError]:
    async def work(checkouts: Sequence[Checkout]) -> list[Outcome | DomainError]:
        now = max(checkout.now for checkout in checkouts)
        answers = await place_orders(tx, checkouts, actor=sent[0].actor, now=now)
        return [_outcome(*pair) for pair in zip(checkouts, answers, strict=True)]

    return await answer_each(sent, _checkout, work)


_PLACE: Final = grouped(_place)


@strawberry.type
class CheckoutMutation:
    """Open to whoever knows the cart's id."""

    @strawberry.mutation(
        description="Turn a cart into an order, exactly once, however often it is sent. Checks everything at once, "
        "takes the stock, and pays; a refusal keeps nothing. A cart that is an order already answers with that order. "
        "When the payment is declined or comes too late, the order is canceled and the cart open again."
    )
    async def checkout_complete(self, info: Info, input: CheckoutCompleteInput) -> CheckoutCompletePayload:
        """One transaction, then the provider outside of any, then a second one.

        Each can be repeated, and is shared with the others who check out at this moment.
        """
        context = info.context
        payload = await with_second_look(
            context,
            input.idempotency_key,
            lambda: commit_in_group(
                context,
                CheckoutCompletePayload,
                context.db.group(_PLACE, apart=context.actor.reference),
                _Sent(input, context.actor.reference, context.now),
                operation="checkoutComplete",
                key=input.idempotency_key,
                body=input,
                subject=str(input.cart_id),
            ),
        )
        if payload.order_id is not None:
            outcome = await complete_payment(
                context.db,
                UUID(payload.order_id),
                actor=context.actor.reference,
                now=context.now,
                asked=payload.authorization,
            )
            payload.user_errors += [to_user_error(refusal) for refusal in _refusals(outcome)]
        return payload


def _checkout(sent: _Sent) -> Checkout:
    """Raises NotFound for an id that is no cart's."""
    given = sent.input
    request = CheckoutRequest(
        method=PaymentMethod(given.payment.method),
        email=given.email,
        token=given.payment.token,
        expected_total=given.expected_total,
    )
    return Checkout(require_uuid(given.cart_id, "Cart", "input", "cartId"), request, sent.now)


def _outcome(checkout: Checkout, answer: PlacedOrder | DomainError) -> Outcome | DomainError:
    if isinstance(answer, DomainError):
        return answer
    values = {"order_id": str(answer.order_id), "cart_id": str(checkout.cart_id)}
    return Outcome(values, once={"authorization": answer.authorization})


def _refusals(outcome: PaymentOutcome) -> list[DomainError]:
    if outcome is PaymentOutcome.DECLINED:
        message = "The payment was declined. The order is canceled, the cart is open again."
        return [PaymentDeclined(message, path=["input", "payment"])]
    if outcome is PaymentOutcome.TOO_LATE:
        message = "The payment took too long: the units are on sale, the order is canceled, the cart is open again."
        return [ReservationExpired(message)]
    return []
