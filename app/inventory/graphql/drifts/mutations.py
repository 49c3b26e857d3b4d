"""`stockDriftRepair`: counters are brought back to the truth."""

from typing import Any

import strawberry

from app.engine.relations import relation
from app.inventory.actions.repair_stock import repair_stock
from app.inventory.graphql.batches import level_by_key
from app.inventory.graphql.corrections.types import BrokenPromise, promise_values, promises_by_key, promises_key
from app.inventory.graphql.mutations.checks import places_of, text_of, variant_ids_of
from app.inventory.graphql.mutations.forms import KEY, level_key
from app.inventory.graphql.types import StockLevel
from app.inventory.model.corrections import AdjustmentReason, Cause
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.kit.ids import new_id

CAUSE_KIND = "REPAIR"


@strawberry.input(description="Input of `stockDriftRepair`.")
class StockDriftRepairInput:
    """One stock row."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    counted_quantity: int | None = strawberry.field(
        default=None,
        description="Units that somebody has counted on the shelves, promised ones included; by default as many as the "
        "ledger adds up to.",
    )
    reason: AdjustmentReason = strawberry.field(description="Why, for the ledger.")
    note: str | None = strawberry.field(default=None, description="For the ledger, in words; up to 200 characters.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `stockDriftRepair`.")
class StockDriftRepairPayload(Payload):
    """Read after the commit."""

    stock_key: strawberry.Private[list[int] | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    is_repaired: bool = strawberry.field(
        default=False, description="False when nothing differed any more: then nothing was written."
    )
    stock_level = relation(StockLevel, level_by_key, key=level_key, description="The stock row as it is now.")
    broken_promises = relation(
        BrokenPromise,
        promises_by_key,
        key=promises_key,
        many=True,
        description="Promises that ended because their units are not there.",
    )


@strawberry.type
class DriftMutation:
    """Keys limited to locations act at those only."""

    @strawberry.mutation(
        description="Bring the counters of a stock row that drifted back to what its ledger adds up to and to what is "
        "held. Where more is promised than there is, the youngest promises end. The ledger tells of it as `REPAIRED`.",
        **requires("stock:write"),
    )
    async def stock_drift_repair(self, info: Info, input: StockDriftRepairInput) -> StockDriftRepairPayload:
        """Sales of the same row wait for it."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            variant_id = (await variant_ids_of(tx, {("sku",): input.sku}))[0]
            [location_id] = await places_of(tx, context.actor, {("locationId",): input.location_id})
            note = text_of(input.note, "note")
            cause = Cause(CAUSE_KIND, new_id(), context.actor.reference, context.now, input.reason.value, note)
            try:
                done = await repair_stock(tx, (variant_id, location_id), counted=input.counted_quantity, cause=cause)
            except DomainError as error:
                raise error.at("input", "countedQuantity") from None
            return Outcome(
                {
                    "stock_key": [variant_id, location_id],
                    "promises": [promise_values(promise) for promise in done.broken],
                    "is_repaired": done.is_needed,
                }
            )

        return await commit(
            context, StockDriftRepairPayload, work, operation="stockDriftRepair", key=input.idempotency_key, body=input
        )
