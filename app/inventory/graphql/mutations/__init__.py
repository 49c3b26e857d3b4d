"""What people and systems do with stock."""

import strawberry

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.graphql.mutations.checks import (
    place_of,
    text_of,
    variant_ids_of,
    variants_of_lines,
)
from app.inventory.graphql.mutations.forms import (
    StockReceiveInput,
    StockReceivePayload,
    StockSafetySetInput,
    StockSafetySetPayload,
)
from app.inventory.model import StockLine, check_quantity
from app.inventory.sql.feeds import refuse_bundles
from app.kit.db import WriteTx
from app.kit.graphql.context import Info
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.ids import new_id


@strawberry.type
class InventoryMutation:
    """Merged into the schema's Mutation. Keys limited to locations act at those only."""

    @strawberry.mutation(
        description="Put units on hand that arrived from outside: all lines or none.", **requires("stock:write")
    )
    async def stock_receive(self, info: Info, input: StockReceiveInput) -> StockReceivePayload:
        """One ledger row a line."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            location_id = await place_of(tx, context.actor, input.location_id, "locationId")
            variant_ids = await variants_of_lines(tx, input.lines)
            await refuse_bundles(tx, variant_ids, "lines", "sku")
            await receive_stock(
                tx,
                [
                    StockLine(variant_id, location_id, line.quantity)
                    for variant_id, line in zip(variant_ids, input.lines, strict=True)
                ],
                cause_kind=context.actor.kind.value,
                cause_id=new_id(),
                actor=context.actor.reference,
                reason=text_of(input.reason, "reason"),
            )
            return Outcome({"stock_keys": [[variant_id, location_id] for variant_id in dict.fromkeys(variant_ids)]})

        return await commit(
            context, StockReceivePayload, work, operation="stockReceive", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Keep this many units of a variant at a location off sale; promises already made stay.",
        **requires("stock:write"),
    )
    async def stock_safety_set(self, info: Info, input: StockSafetySetInput) -> StockSafetySetPayload:
        """An absolute number, so sending it twice does no harm."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            variant_id = (await variant_ids_of(tx, {("sku",): input.sku}))[0]
            location_id = await place_of(tx, context.actor, input.location_id, "locationId")
            check_quantity(input.quantity, "input", "quantity", minimum=0)
            await set_safety_stock(
                tx,
                variant_id=variant_id,
                location_id=location_id,
                quantity=input.quantity,
                reason=text_of(input.reason, "reason"),
                cause_kind=context.actor.kind.value,
                cause_id=new_id(),
                actor=context.actor.reference,
            )
            return Outcome({"stock_key": [variant_id, location_id]})

        return await commit(
            context, StockSafetySetPayload, work, operation="stockSafetySet", key=input.idempotency_key, body=input
        )
