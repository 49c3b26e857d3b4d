"""Inputs and payloads of the mutations: one of each per mutation."""

from typing import Any

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.batches import level_by_key, levels_by_keys
from app.inventory.graphql.types import StockLevel
from app.kit.graphql.payload import Payload

KEY = (
    "Needed, because stock, money or an order moves. Makes repetitions harmless: the same key with the same input gets "
    "the first answer again. One key per intent, such as a UUID."
)


def level_key(payload: Any) -> tuple[int, int] | None:
    """The stock row that a payload is about."""
    return None if payload.stock_key is None else (payload.stock_key[0], payload.stock_key[1])


def level_keys(payload: Any) -> tuple[tuple[int, int], ...] | None:
    """The stock rows that a payload is about."""
    return payload.stock_keys and tuple((variant_id, location_id) for variant_id, location_id in payload.stock_keys)


@strawberry.input(description="Units of one variant that arrive.")
class StockReceiveLineInput:
    """One line of a delivery."""

    sku: str = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(description="Units, 1 to 1,000,000.")


@strawberry.input(description="Input of `stockReceive`.")
class StockReceiveInput:
    """A delivery at one location."""

    location_id: strawberry.ID = strawberry.field(description="Where the units arrive.")
    lines: list[StockReceiveLineInput] = strawberry.field(description="What arrives, 1 to 100 lines.")
    reason: str | None = strawberry.field(
        default=None, description="For the ledger, such as the delivery note's number; up to 200 characters."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockReceive`.")
class StockReceivePayload(Payload):
    """Read after the commit."""

    stock_keys: strawberry.Private[list[list[int]] | None] = None
    stock_levels = relation(
        StockLevel,
        levels_by_keys,
        key=level_keys,
        many=True,
        description="The stock rows as they are now, one for each variant, in the order of the input.",
    )


@strawberry.input(description="Input of `stockSafetySet`.")
class StockSafetySetInput:
    """Units kept off sale."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="Units that are not sold online, 0 to 1,000,000.")
    reason: str | None = strawberry.field(default=None, description="For the ledger; up to 200 characters.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockSafetySet`.")
class StockSafetySetPayload(Payload):
    """Read after the commit."""

    stock_key: strawberry.Private[list[int] | None] = None
    stock_level = relation(StockLevel, level_by_key, key=level_key, description="The stock row as it is now.")
