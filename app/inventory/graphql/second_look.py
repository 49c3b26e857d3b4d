"""Mutations that hold units: nobody is refused units that only wait for a sweep."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.inventory.actions.look_again import fruitful_looks, look_again
from app.inventory.graphql.errors import InsufficientStockError
from app.kit.graphql.context import Context
from app.kit.graphql.payload import Payload
from app.kit.twins import on_its_way

PayloadType = TypeVar("PayloadType", bound=Payload)


async def with_second_look(context: Context, key: str | None, ask: Callable[[], Awaitable[PayloadType]]) -> PayloadType:
    """What `ask` answers; asked for a second time where units came back that the first one did not find, or where the
    same request was sent twice at once: the other one may have found them.

    ask: a mutation whose refusals keep nothing, so that it may be sent again under the same key.
    """
    with on_its_way(context.db, object() if key is None else (context.actor.reference, key)) as sent:
        since = fruitful_looks(context.db)
        payload = await ask()
        short = short_variants(payload)
        if short and (await look_again(context.db, short, now=context.now, since=since) or sent.has_twin):
            payload = await ask()
    return payload


def short_variants(payload: Payload) -> set[int]:
    """Of what a mutation found too little."""
    return {
        error.variant_id
        for error in payload.user_errors
        if isinstance(error, InsufficientStockError) and error.variant_id is not None
    }
