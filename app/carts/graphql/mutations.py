"""What buyers do with carts."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from app.carts.actions.add_lines import add_lines
from app.carts.actions.create_carts import create_carts
from app.carts.actions.remove_lines import remove_lines
from app.carts.actions.set_delivery import set_delivery
from app.carts.actions.update_lines import update_lines
from app.carts.graphql.batches import carts_by_id, deliveries_by_id
from app.carts.graphql.types import (
    Cart,
    CartCreateInput,
    CartDelivery,
    CartDeliveryInput,
    CartDeliverySetInput,
    CartLineInput,
    CartLinesAddInput,
    CartLinesRemoveInput,
    CartLinesUpdateInput,
)
from app.carts.model import AddressDraft, CartDraft, Destination, WantedLine, check_row_count
from app.engine.relations import relation
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import (
    Outcome,
    Payload,
    PayloadType,
    answer_each,
    commit,
    commit_in_group,
    grouped,
)

MIN_CREATE_KEY: Final = 16


def _cart(description: str = "The cart as it is now; null when the change was refused.") -> Any:
    return relation(
        Cart, carts_by_id, key=lambda answer: answer.cart_id and UUID(answer.cart_id), description=description
    )


@strawberry.type(description="The answer to `cartCreate`.")
class CartCreatePayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart("The new cart; null when it was refused.")


@strawberry.type(description="The answer to `cartLinesAdd`.")
class CartLinesAddPayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart()


@strawberry.type(description="The answer to `cartLinesUpdate`.")
class CartLinesUpdatePayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart()


@strawberry.type(description="The answer to `cartLinesRemove`.")
class CartLinesRemovePayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    cart = _cart()


@strawberry.type(description="The answer to `cartDeliverySet`.")
class CartDeliverySetPayload(Payload):
    """With the cart as it is after the commit."""

    cart_id: strawberry.Private[str | None] = None
    delivery_id: strawberry.Private[str | None] = None
    cart = _cart()
    delivery = relation(
        CartDelivery,
        deliveries_by_id,
        key=lambda answer: answer.delivery_id and UUID(answer.delivery_id),
        description="The delivery that the lines belong to now; null when the change was refused.",
    )


@dataclass(frozen=True, slots=True)
class _Opening:
    """A `cartCreate` as it came. channel: that of the request."""

    input: CartCreateInput
    channel: str
    now: datetime


async def _open(tx: WriteTx, openings: Sequence[_Opening]) -> list[Outcome | DomainError]:
    async def work(drafts: Sequence[CartDraft]) -> list[Outcome | DomainError]:
        answers = await create_carts(tx, drafts)
        return [one if isinstance(one, DomainError) else Outcome({"cart_id": str(one)}) for one in answers]

    return await answer_each(openings, _draft, work)


# Without a key, nobody misses a cart that was opened twice: it is found by its id alone.
_OPEN: Final = grouped(_open)


@strawberry.type
class CartMutation:
    """Open to everyone: who knows a cart's id may change it."""

    @strawberry.mutation(description="Open a cart, with or without goods.")
    async def cart_create(self, info: Info, input: CartCreateInput) -> CartCreatePayload:
        """In one transaction with the other carts that are opened at this moment."""
        context = info.context
        return await commit_in_group(
            context,
            CartCreatePayload,
            context.db.group(_OPEN),
            _Opening(input, context.channel, context.now),
            operation="cartCreate",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(description="Put goods into a cart at the prices of now; a variant has one line.")
    async def cart_lines_add(self, info: Info, input: CartLinesAddInput) -> CartLinesAddPayload:
        """In one transaction."""

        async def work(tx: WriteTx) -> Outcome:
            cart_id = require_uuid(input.cart_id, "Cart", "input", "cartId")
            check_row_count(len(input.lines), "lines")
            await add_lines(tx, cart_id, _wanted(input.lines), now=info.context.now, actor=info.context.actor.reference)
            return Outcome({"cart_id": str(cart_id)})

        return await _commit(info, CartLinesAddPayload, work, "cartLinesAdd", input)

    @strawberry.mutation(description="Set quantities of lines and accept the prices of now; 0 removes a line.")
    async def cart_lines_update(self, info: Info, input: CartLinesUpdateInput) -> CartLinesUpdatePayload:
        """In one transaction."""

        async def work(tx: WriteTx) -> Outcome:
            cart_id = require_uuid(input.cart_id, "Cart", "input", "cartId")
            check_row_count(len(input.lines), "lines")
            quantities: dict[UUID, int] = {}
            for index, line in enumerate(input.lines):
                path = ("input", "lines", str(index), "lineId")
                line_id = require_uuid(line.line_id, "CartLine", *path)
                if line_id in quantities:
                    raise InvalidInput("Name each line once.", path=path)
                quantities[line_id] = line.quantity
            await update_lines(tx, cart_id, quantities, now=info.context.now, actor=info.context.actor.reference)
            return Outcome({"cart_id": str(cart_id)})

        return await _commit(info, CartLinesUpdatePayload, work, "cartLinesUpdate", input)

    @strawberry.mutation(description="Take lines out of a cart.")
    async def cart_lines_remove(self, info: Info, input: CartLinesRemoveInput) -> CartLinesRemovePayload:
        """In one transaction."""

        async def work(tx: WriteTx) -> Outcome:
            cart_id = require_uuid(input.cart_id, "Cart", "input", "cartId")
            await remove_lines(
                tx, cart_id, _line_ids(input.line_ids), now=info.context.now, actor=info.context.actor.reference
            )
            return Outcome({"cart_id": str(cart_id)})

        return await _commit(info, CartLinesRemovePayload, work, "cartLinesRemove", input)

    @strawberry.mutation(
        description="Say how lines are to be handed over. They leave the delivery that they were in. Goods that the "
        "mode cannot take become problems of the cart."
    )
    async def cart_delivery_set(self, info: Info, input: CartDeliverySetInput) -> CartDeliverySetPayload:
        """In one transaction."""

        async def work(tx: WriteTx) -> Outcome:
            cart_id = require_uuid(input.cart_id, "Cart", "input", "cartId")
            line_ids = _line_ids(input.line_ids)
            to = _destination(input, "input")
            delivery_id = await set_delivery(
                tx, cart_id, line_ids, to, now=info.context.now, actor=info.context.actor.reference
            )
            return Outcome({"cart_id": str(cart_id), "delivery_id": str(delivery_id)})

        return await _commit(info, CartDeliverySetPayload, work, "cartDeliverySet", input)


async def _commit(
    info: Info,
    payload: type[PayloadType],
    work: Callable[[WriteTx], Awaitable[Outcome]],
    operation: str,
    given: Any,
) -> PayloadType:
    key, cart = given.idempotency_key, given.cart_id
    return await commit(info.context, payload, work, operation=operation, key=key, body=given, subject=cart)


def _draft(opening: _Opening) -> CartDraft:
    """Raises InvalidInput for a key that could be guessed, NotFound for an id that is nobody's."""
    given, key = opening.input, opening.input.idempotency_key
    if key is not None and len(key) < MIN_CREATE_KEY:
        message = f"The key of a new cart has at least {MIN_CREATE_KEY} characters, such as a UUID."
        raise InvalidInput(message, path=["input", "idempotencyKey"])
    return CartDraft(
        channel_code=given.channel or opening.channel,
        now=opening.now,
        lines=_wanted(given.lines),
        email=given.email,
        currency=given.currency,
        delivery=None if given.delivery is None else _destination(given.delivery, "input", "delivery"),
    )


def _destination(given: CartDeliveryInput | CartDeliverySetInput, *path: str) -> Destination:
    """Raises NotFound for an id that is no location's."""
    location_id = given.location_id
    return Destination(
        given.mode,
        None if location_id is None else require_int(location_id, "Location", *path, "locationId"),
        None if given.address is None else AddressDraft(**asdict(given.address)),
        given.slot_begins,
    )


def _wanted(lines: Sequence[CartLineInput]) -> list[WantedLine]:
    """Raises NotFound for an id that is no variant's."""
    return [
        WantedLine(
            line.quantity,
            line.sku,
            None
            if line.variant_id is None
            else require_int(line.variant_id, "Variant", "input", "lines", str(index), "variantId"),
        )
        for index, line in enumerate(lines)
    ]


def _line_ids(ids: Sequence[strawberry.ID]) -> list[UUID]:
    """Raises InvalidInput or CartTooLarge for a wrong number of ids, NotFound for one that is no line's."""
    check_row_count(len(ids), "lineIds")
    return [require_uuid(line_id, "CartLine", "input", "lineIds", str(index)) for index, line_id in enumerate(ids)]
