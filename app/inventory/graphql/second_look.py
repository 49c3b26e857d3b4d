"""Mutations that hold units: nobody is refused units that only wait for a sweep."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.inventory.actions.look_again import fruitful_looks, look_again
from app.inventory.graphql.errors import InsufficientStockError
from app.kit.graphql.context import Context
from app.kit.graphql.payload import Payload

PayloadType = TypeVar("PayloadType", bound=Payload)


async def with_second_look(context: Context, ask: Callable[[], Awaitable[PayloadType]]) -> PayloadType:
    """What `ask` answers; asked for a second time where units came back that the first one did not find.

    ask: a mutation whose refusals keep nothing, so that it may be sent again under the same key.
    """
    since = fruitful_looks(context.db)
    payload = await ask()
    short = short_variants(payload)
    if short and await look_again(context.db, short, now=context.now, since=since):
        payload = await ask()
    return payload


def short_variants(payload: Payload) -> set[int]:
    """Of what a mutation found too little."""
    return {
        error.variant_id
        for error in payload.user_errors
        if isinstance(error, InsufficientStockError) and error.variant_id is not None
    }
