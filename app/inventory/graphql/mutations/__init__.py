"""What people and systems do with stock."""

import strawberry

from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.errors import InsufficientStock
from app.inventory.graphql.mutations.checks import (
    arrivals_of,
    place_of,
    text_of,
    transfer_of,
    variant_ids_of,
    variants_of_lines,
)
from app.inventory.graphql.mutations.forms import (
    StockReceiveInput,
    StockReceivePayload,
    StockSafetySetInput,
    StockSafetySetPayload,
    TransferCancelInput,
    TransferCancelPayload,
    TransferCreateInput,
    TransferCreatePayload,
    TransferReceiveInput,
    TransferReceivePayload,
    TransferShipInput,
    TransferShipPayload,
)
from app.inventory.graphql.second_look import with_second_look
from app.inventory.model import StockLine, TransferLineDraft, check_quantity
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_int
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

    @strawberry.mutation(
        description="Prepare to send units to another location; they are promised to the transfer at once.",
        **requires("stock:write"),
    )
    async def transfer_create(self, info: Info, input: TransferCreateInput) -> TransferCreatePayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            source = await place_of(tx, context.actor, input.from_location_id, "fromLocationId")
            destination = require_int(input.to_location_id, "Location", "input", "toLocationId")
            variant_ids = await variants_of_lines(tx, input.lines)
            lines = [
                TransferLineDraft(variant_id, line.quantity)
                for variant_id, line in zip(variant_ids, input.lines, strict=True)
            ]
            try:
                transfer_id = await create_transfer(
                    tx,
                    from_location_id=source,
                    to_location_id=destination,
                    lines=lines,
                    note=text_of(input.note, "note"),
                    expected_at=input.expected_at,
                    actor=context.actor.reference,
                    now=context.now,
                )
            except InsufficientStock as error:
                index: int = error.facts["line_no"] - 1
                error.facts["sku"] = input.lines[index].sku
                raise error.at("input", "lines", str(index), "quantity") from None
            except DomainError as error:
                raise error.at("input", "toLocationId") from None
            return Outcome({"transfer_id": str(transfer_id)})

        operation, key = "transferCreate", input.idempotency_key
        return await with_second_look(
            context, lambda: commit(context, TransferCreatePayload, work, operation=operation, key=key, body=input)
        )

    @strawberry.mutation(description="The units leave for the other location.", **requires("stock:write"))
    async def transfer_ship(self, info: Info, input: TransferShipInput) -> TransferShipPayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "from_location_id")
            await ship_transfer(tx, transfer_id, actor=context.actor.reference, now=context.now)
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferShipPayload, work, operation="transferShip", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Units have arrived at the other location, or are lost; the rest stays under way.",
        **requires("stock:write"),
    )
    async def transfer_receive(self, info: Info, input: TransferReceiveInput) -> TransferReceivePayload:
        """The caller must be allowed to act at the destination."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "to_location_id")
            received, lost = arrivals_of(input.lines)
            await receive_transfer(
                tx,
                transfer_id,
                quantities=received,
                lost=lost,
                actor=context.actor.reference,
                now=context.now,
            )
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferReceivePayload, work, operation="transferReceive", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Call a transfer off before it leaves. An order's transfer is canceled with the order.",
        **requires("stock:write"),
    )
    async def transfer_cancel(self, info: Info, input: TransferCancelInput) -> TransferCancelPayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "from_location_id", own=True)
            await cancel_transfer(tx, transfer_id, actor=context.actor.reference, now=context.now)
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferCancelPayload, work, operation="transferCancel", key=input.idempotency_key, body=input
        )
