"""What buyers do with reservations of their carts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from app.carts.actions.extend_cart_reservation import extend_cart_reservation
from app.carts.actions.release_cart_reservation import release_cart_reservation
from app.carts.actions.reserve_carts import CartHold, reserve_carts
from app.carts.graphql.batches import carts_by_id
from app.carts.graphql.types import (
    Cart,
    CartReservationExtendInput,
    CartReservationReleaseInput,
    CartReserveInput,
)
from app.engine.relations import relation
from app.inventory.graphql.second_look import with_second_look
from app.inventory.model.reservations import wanted_end
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, answer_each, commit, commit_in_group, grouped
from app.kit.permissions import Actor


def _cart() -> Any:
    return relation(
        Cart,
        carts_by_id,
        key=lambda answer: answer.cart_id and UUID(answer.cart_id),
        description="The cart as it is now; null when this was refused.",
    )


@strawberry.type(description="The answer to `cartReserve`.")
class CartReservePayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart()


@strawberry.type(description="The answer to `cartReservationExtend`.")
class CartReservationExtendPayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart()


@strawberry.type(description="The answer to `cartReservationRelease`.")
class CartReservationReleasePayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A `cartReserve` as it came."""

    input: CartReserveInput
    actor: Actor
    now: datetime


async def _reserve(tx: WriteTx, sent: Sequence[_Wanted]) -> list[Outcome | DomainError]:
    async def work(asked: Sequence[CartHold]) -> list[Outcome | DomainError]:
        answers = await reserve_carts(tx, asked, now=max(one.now for one in asked))
        return [one if isinstance(one, DomainError) else Outcome({"cart_id": str(one)}) for one in answers]

    return await answer_each(sent, _hold, work)


def _hold(sent: _Wanted) -> CartHold:
    """Raises NotFound for an id that is no cart's."""
    return CartHold(
        require_uuid(sent.input.cart_id, "Cart", "input", "cartId"),
        sent.now,
        sent.actor.reference,
        ttl_s=sent.input.ttl_seconds,
        is_partner=sent.actor.partner_id is not None,
    )


_RESERVE: Final = grouped(_reserve)


@strawberry.type
class CartReservationMutation:
    """Open to everyone: who knows a cart's id may reserve what is in it."""

    @strawberry.mutation(
        description="Reserve what is in a cart for a while, all lines or none, first come first served: nobody else "
        "can buy it, and the checkout takes it over. Sent again after a change of the cart, it reserves what is "
        "missing. Lines that would be sold ahead of their units are not reserved. A cart begins at most four "
        "reservations within an hour: `RESERVED_TOO_OFTEN`."
    )
    async def cart_reserve(self, info: Info, input: CartReserveInput) -> CartReservePayload:
        """In one transaction with all carts that are reserved at this moment."""
        context = info.context
        return await with_second_look(
            context,
            input.idempotency_key,
            lambda: commit_in_group(
                context,
                CartReservePayload,
                context.db.group(_RESERVE),
                _Wanted(input, context.actor, context.now),
                operation="cartReserve",
                key=input.idempotency_key,
                body=input,
                subject=str(input.cart_id),
            ),
        )

    @strawberry.mutation(
        description="Let the reservation of a cart last longer: at most once in five minutes, and 30 minutes in all. A "
        "refusal tells when it may be extended again."
    )
    async def cart_reservation_extend(
        self, info: Info, input: CartReservationExtendInput
    ) -> CartReservationExtendPayload:
        """In one transaction."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            cart_id = require_uuid(input.cart_id, "Cart", "input", "cartId")
            end = wanted_end(now=context.now, expires_at=None, ttl_s=input.ttl_seconds)
            assert end is not None  # noqa: S101  # the seconds are given
            try:
                await extend_cart_reservation(tx, cart_id, expires_at=end, now=context.now)
            except DomainError as error:
                raise error.at("input", "ttlSeconds") from None
            return Outcome({"cart_id": str(cart_id)})

        operation, key, cart = "cartReservationExtend", input.idempotency_key, str(input.cart_id)
        return await commit(
            context, CartReservationExtendPayload, work, operation=operation, key=key, body=input, subject=cart
        )

    @strawberry.mutation(
        description="Put what is reserved for a cart back on sale before its time. The cart keeps its goods."
    )
    async def cart_reservation_release(
        self, info: Info, input: CartReservationReleaseInput
    ) -> CartReservationReleasePayload:
        """In one transaction."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            cart_id = require_uuid(input.cart_id, "Cart", "input", "cartId")
            await release_cart_reservation(tx, cart_id, actor=context.actor.reference, now=context.now)
            return Outcome({"cart_id": str(cart_id)})

        operation, key, cart = "cartReservationRelease", input.idempotency_key, str(input.cart_id)
        return await commit(
            context, CartReservationReleasePayload, work, operation=operation, key=key, body=input, subject=cart
        )
