"""What people do where stock is not what the ledger says."""

from collections.abc import Sequence
from typing import Any

import strawberry

from app.inventory.actions.change_stock_state import change_stock_state
from app.inventory.actions.correct_stock import Correctness, correct_stock
from app.inventory.errors import InsufficientStock, InvalidQuantity, QuantityConflict
from app.inventory.graphql.corrections.forms import (
    StockAdjustInput,
    StockAdjustPayload,
    StockCorrectInput,
    StockCorrectionInput,
    StockCorrectPayload,
    StockSetInput,
    StockSetPayload,
    StockStateChangeInput,
    StockStateChangePayload,
)
from app.inventory.graphql.corrections.types import elsewhere_for, promise_values
from app.inventory.graphql.mutations.checks import check_count, places_of, text_of, variant_ids_of
from app.inventory.model import StockLine
from app.inventory.model.corrections import Cause, Correction
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, Refusals
from app.kit.graphql.context import Context, Info
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.ids import new_id


@strawberry.type
class CorrectionMutation:
    """Keys limited to locations act at those only."""

    @strawberry.mutation(
        description="Correct the units on hand by a difference.",
        **requires("stock:write"),
    )
    async def stock_adjust(self, info: Info, input: StockAdjustInput) -> StockAdjustPayload:
        """One ledger row."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            row = StockCorrectionInput(
                sku=input.sku,
                location_id=input.location_id,
                delta=input.delta,
                expected_quantity=input.expected_quantity,
            )
            return await _correct_one(tx, context, input, row)

        return await commit(
            context, StockAdjustPayload, work, operation="stockAdjust", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Say how many units are on hand. With `expectedQuantity` of many callers who know the same number "
        "one gets through.",
        **requires("stock:write"),
    )
    async def stock_set(self, info: Info, input: StockSetInput) -> StockSetPayload:
        """One ledger row, or none where the number is right already."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            row = StockCorrectionInput(
                sku=input.sku,
                location_id=input.location_id,
                quantity=input.quantity,
                expected_quantity=input.expected_quantity,
            )
            return await _correct_one(tx, context, input, row)

        return await commit(context, StockSetPayload, work, operation="stockSet", key=input.idempotency_key, body=input)

    @strawberry.mutation(
        description="Correct up to 100 stock rows at once, all or none, or each for itself.",
        **requires("stock:write"),
    )
    async def stock_correct(self, info: Info, input: StockCorrectInput) -> StockCorrectPayload:
        """One ledger row for each that changes."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            corrections = await _corrections(tx, context, input.rows)
            done = await _correct(tx, context, input, corrections, is_each_for_itself=input.is_each_for_itself)
            refused = [
                _told(result, row.sku).at("input", "rows", str(index), _culprit(result, row))
                for index, (result, row) in enumerate(zip(done.results, input.rows, strict=True))
                if isinstance(result, DomainError)
            ]
            if refused and not input.is_each_for_itself:
                raise Refusals(refused)
            keys = [one.key for one, result in zip(corrections, done.results, strict=True) if isinstance(result, int)]
            values = {
                "stock_keys": [list(key) for key in dict.fromkeys(keys)],
                "promises": [promise_values(promise) for promise in done.broken],
            }
            return Outcome(values, Refusals(refused) if refused else None)

        return await commit(
            context, StockCorrectPayload, work, operation="stockCorrect", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Units turn out to be damaged, wait to be looked at, go on display, can be sold again or leave the "
        "books.",
        **requires("stock:write"),
    )
    async def stock_state_change(self, info: Info, input: StockStateChangeInput) -> StockStateChangePayload:
        """One or two ledger rows."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            variant_id = (await variant_ids_of(tx, {("sku",): input.sku}))[0]
            [location_id] = await places_of(tx, context.actor, {("locationId",): input.location_id})
            try:
                broken = await change_stock_state(
                    tx,
                    StockLine(variant_id, location_id, input.quantity),
                    before=input.before,
                    after=input.after,
                    policy=input.promises,
                    elsewhere=elsewhere_for(input.promises),
                    cause=_cause(context, input),
                )
            except DomainError as error:
                is_quantity = isinstance(error, InsufficientStock | InvalidQuantity)
                raise _told(error, input.sku).at("input", "quantity" if is_quantity else "after") from None
            return Outcome(
                {
                    "stock_key": [variant_id, location_id],
                    "promises": [promise_values(promise) for promise in broken],
                }
            )

        return await commit(
            context, StockStateChangePayload, work, operation="stockStateChange", key=input.idempotency_key, body=input
        )


async def _correct_one(
    tx: WriteTx, context: Context, input: StockAdjustInput | StockSetInput, row: StockCorrectionInput
) -> Outcome:
    variant_id = (await variant_ids_of(tx, {("sku",): row.sku}))[0]
    [location_id] = await places_of(tx, context.actor, {("locationId",): row.location_id})
    correction = Correction(variant_id, location_id, row.delta, row.quantity, row.expected_quantity)
    done = await _correct(tx, context, input, [correction], is_each_for_itself=False)
    if isinstance(done.results[0], DomainError):
        raise _told(done.results[0], row.sku).at("input", _culprit(done.results[0], row))
    return Outcome(
        {
            "stock_key": [variant_id, location_id],
            "promises": [promise_values(promise) for promise in done.broken],
        }
    )


async def _correct(
    tx: WriteTx,
    context: Context,
    input: StockAdjustInput | StockSetInput | StockCorrectInput,
    corrections: Sequence[Correction],
    *,
    is_each_for_itself: bool,
) -> Correctness:
    return await correct_stock(
        tx,
        corrections,
        policy=input.promises,
        is_each_for_itself=is_each_for_itself,
        elsewhere=elsewhere_for(input.promises),
        cause=_cause(context, input),
    )


def _cause(context: Context, input: Any) -> Cause:
    return Cause(
        context.actor.kind.value,
        new_id(),
        context.actor.reference,
        context.now,
        None if input.reason is None else input.reason.value,
        text_of(input.note, "note"),
    )


async def _corrections(tx: WriteTx, context: Context, rows: Sequence[StockCorrectionInput]) -> list[Correction]:
    check_count(rows, "rows")
    for index, row in enumerate(rows):
        if (row.delta is None) == (row.quantity is None):
            message = "A row has either a delta or a quantity."
            raise InvalidInput(message, path=["input", "rows", str(index)])
    variant_ids = await variant_ids_of(tx, {("rows", str(index), "sku"): row.sku for index, row in enumerate(rows)})
    places = {("rows", str(index), "locationId"): row.location_id for index, row in enumerate(rows)}
    return [
        Correction(variant_id, location_id, row.delta, row.quantity, row.expected_quantity)
        for variant_id, location_id, row in zip(
            variant_ids, await places_of(tx, context.actor, places), rows, strict=True
        )
    ]


def _told(error: DomainError, sku: str) -> DomainError:
    error.facts.setdefault("sku", sku)
    return error


def _culprit(error: DomainError, row: StockCorrectionInput) -> str:
    """The argument that a refusal is about."""
    if isinstance(error, QuantityConflict):
        return "expectedQuantity"
    if isinstance(error, InsufficientStock | InvalidQuantity):
        return "quantity" if row.delta is None else "delta"
    return "sku" if isinstance(error, InvalidInput) else "locationId"
