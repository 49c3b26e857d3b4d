"""Inputs and payloads of corrections."""

from typing import Any, Final

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.batches import level_by_key, levels_by_keys
from app.inventory.graphql.corrections.types import BrokenPromise, promises_by_key, promises_key
from app.inventory.graphql.mutations.forms import KEY, level_key, level_keys
from app.inventory.graphql.types import StockLevel
from app.inventory.model.corrections import AdjustmentReason, PromisePolicy
from app.inventory.model.states import StockState
from app.kit.graphql.payload import Payload

_NOTE: Final = "For the ledger, in words; up to 200 characters."
_REASON: Final = "Why, for the ledger."
_EXPECTED: Final = "Units on hand that you believe in; another number refuses the change and tells the present one."
_PROMISES: Final = "What becomes of promises that the remaining units cannot keep."
_BROKEN: Final = "Promises that the location does not keep because their units are not there."
_LEVEL: Final = "The stock row as it is now."


@strawberry.input(description="Input of `stockAdjust`.")
class StockAdjustInput:
    """A correction of one stock row by a difference."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    delta: int = strawberry.field(description="Units to add, or, below 0, to take off. Not 0, at most a million.")
    reason: AdjustmentReason = strawberry.field(description=_REASON)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    expected_quantity: int | None = strawberry.field(default=None, description=_EXPECTED)
    promises: PromisePolicy = strawberry.field(default=PromisePolicy.KEEP, description=_PROMISES)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockAdjust`.")
class StockAdjustPayload(Payload):
    """Read after the commit."""

    stock_key: strawberry.Private[list[int] | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    stock_level = relation(StockLevel, level_by_key, key=level_key, description=_LEVEL)
    broken_promises = relation(BrokenPromise, promises_by_key, key=promises_key, many=True, description=_BROKEN)


@strawberry.input(description="Input of `stockSet`.")
class StockSetInput:
    """A correction of one stock row to a number."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="Units on hand, 0 to 1,000,000.")
    reason: AdjustmentReason = strawberry.field(description=_REASON)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    expected_quantity: int | None = strawberry.field(default=None, description=_EXPECTED)
    promises: PromisePolicy = strawberry.field(default=PromisePolicy.KEEP, description=_PROMISES)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockSet`.")
class StockSetPayload(Payload):
    """Read after the commit."""

    stock_key: strawberry.Private[list[int] | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    stock_level = relation(StockLevel, level_by_key, key=level_key, description=_LEVEL)
    broken_promises = relation(BrokenPromise, promises_by_key, key=promises_key, many=True, description=_BROKEN)


@strawberry.input(description="One stock row to correct, by a difference or to a number.")
class StockCorrectionInput:
    """Exactly one of delta and quantity."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    delta: int | None = strawberry.field(default=None, description="Units to add, or, below 0, to take off.")
    quantity: int | None = strawberry.field(default=None, description="Instead of `delta`: units on hand.")
    expected_quantity: int | None = strawberry.field(default=None, description=_EXPECTED)


@strawberry.input(description="Input of `stockCorrect`.")
class StockCorrectInput:
    """Many rows."""

    rows: list[StockCorrectionInput] = strawberry.field(description="What to correct, 1 to 100 rows, in their order.")
    reason: AdjustmentReason = strawberry.field(description=_REASON)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    is_each_for_itself: bool = strawberry.field(
        default=False,
        description="False: all rows or none. True: rows that are refused are told in `userErrors`, each with its "
        "path, and the others are corrected.",
    )
    promises: PromisePolicy = strawberry.field(default=PromisePolicy.KEEP, description=_PROMISES)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockCorrect`.")
class StockCorrectPayload(Payload):
    """Read after the commit."""

    stock_keys: strawberry.Private[list[list[int]] | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    stock_levels = relation(
        StockLevel,
        levels_by_keys,
        key=level_keys,
        many=True,
        description="The corrected stock rows as they are now, in the order of the input; those of refused rows are "
        "left out.",
    )
    broken_promises = relation(BrokenPromise, promises_by_key, key=promises_key, many=True, description=_BROKEN)


@strawberry.input(description="Input of `stockStateChange`.")
class StockStateChangeInput:
    """Units of one variant at one location."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="Units, 1 to 1,000,000.")
    before: StockState = strawberry.field(description="The state that they are in.")
    after: StockState = strawberry.field(description="The state that they pass to.")
    reason: AdjustmentReason | None = strawberry.field(default=None, description=_REASON)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    promises: PromisePolicy = strawberry.field(default=PromisePolicy.KEEP, description=_PROMISES)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockStateChange`.")
class StockStateChangePayload(Payload):
    """Read after the commit."""

    stock_key: strawberry.Private[list[int] | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    stock_level = relation(StockLevel, level_by_key, key=level_key, description=_LEVEL)
    broken_promises = relation(BrokenPromise, promises_by_key, key=promises_key, many=True, description=_BROKEN)
