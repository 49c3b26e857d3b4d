"""What people and systems do with transfers."""

from collections.abc import Sequence

import strawberry

from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.close_transfer import close_transfer
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.date_transfer import date_transfer
from app.inventory.actions.edit_transfer import edit_transfer
from app.inventory.actions.make_transfer_ready import make_transfer_ready
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.errors import InsufficientStock
from app.inventory.graphql.mutations.checks import (
    check_count,
    place_of,
    text_of,
    transfer_at_an_end,
    transfer_of,
    variants_of_lines,
)
from app.inventory.graphql.second_look import with_second_look
from app.inventory.graphql.transfers.forms import (
    TransferCancelInput,
    TransferCancelPayload,
    TransferCloseInput,
    TransferClosePayload,
    TransferCreateInput,
    TransferCreatePayload,
    TransferDateSetInput,
    TransferDateSetPayload,
    TransferEditInput,
    TransferEditPayload,
    TransferLineInput,
    TransferMakeReadyInput,
    TransferMakeReadyPayload,
    TransferReceiveInput,
    TransferReceiveLineInput,
    TransferReceivePayload,
    TransferShipInput,
    TransferShipLineInput,
    TransferShipPayload,
)
from app.inventory.model.transfers import Arrival, TransferLineDraft
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_int
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires


@strawberry.type
class TransferMutation:
    """Keys limited to locations act at those only."""

    @strawberry.mutation(
        description="Prepare to send units to another location; they are promised to the transfer at once, unless "
        "it is a draft.",
        **requires("stock:write"),
    )
    async def transfer_create(self, info: Info, input: TransferCreateInput) -> TransferCreatePayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            source = await place_of(tx, context.actor, input.from_location_id, "fromLocationId")
            destination = require_int(input.to_location_id, "Location", "input", "toLocationId")
            lines = await _lines_of(tx, input.lines)
            try:
                transfer_id = await create_transfer(
                    tx,
                    from_location_id=source,
                    to_location_id=destination,
                    lines=lines,
                    note=text_of(input.note, "note"),
                    expected_at=input.expected_at,
                    is_draft=input.is_draft,
                    overtakes_queue=input.overtakes_queue,
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
            context, key, lambda: commit(context, TransferCreatePayload, work, operation=operation, key=key, body=input)
        )

    @strawberry.mutation(description="Put a draft together anew.", **requires("stock:write"))
    async def transfer_edit(self, info: Info, input: TransferEditInput) -> TransferEditPayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "from_location_id", own=True)
            lines = await _lines_of(tx, input.lines)
            await edit_transfer(
                tx,
                transfer_id,
                lines,
                note=None if input.note is None else text_of(input.note, "note") or "",
                expected_at=input.expected_at,
                expected_version=input.expected_version,
                now=context.now,
            )
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferEditPayload, work, operation="transferEdit", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Say when a transfer arrives, as long as something of it is to arrive.", **requires("stock:write")
    )
    async def transfer_date_set(self, info: Info, input: TransferDateSetInput) -> TransferDateSetPayload:
        """The caller must be allowed to act at one of its ends."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_at_an_end(tx, context.actor, input.transfer_id)
            await date_transfer(
                tx, transfer_id, input.expected_at, expected_version=input.expected_version, now=context.now
            )
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferDateSetPayload, work, operation="transferDateSet", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="A draft is final: its units are promised to the transfer, all or none.", **requires("stock:write")
    )
    async def transfer_make_ready(self, info: Info, input: TransferMakeReadyInput) -> TransferMakeReadyPayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "from_location_id", own=True)
            try:
                await make_transfer_ready(
                    tx,
                    transfer_id,
                    overtakes_queue=input.overtakes_queue,
                    expected_version=input.expected_version,
                    actor=context.actor.reference,
                    now=context.now,
                )
            except InsufficientStock as error:
                raise error.at("input", "transferId") from None
            return Outcome({"transfer_id": str(transfer_id)})

        operation, key = "transferMakeReady", input.idempotency_key
        return await with_second_look(
            context,
            key,
            lambda: commit(context, TransferMakeReadyPayload, work, operation=operation, key=key, body=input),
        )

    @strawberry.mutation(description="Units leave for the other location, all or a part.", **requires("stock:write"))
    async def transfer_ship(self, info: Info, input: TransferShipInput) -> TransferShipPayload:
        """The caller must be allowed to act at the source."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "from_location_id")
            await ship_transfer(
                tx, transfer_id, quantities=_by_line(input.lines), actor=context.actor.reference, now=context.now
            )
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferShipPayload, work, operation="transferShip", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Units have arrived at the other location, are damaged or lost; the rest stays under way.",
        **requires("stock:write"),
    )
    async def transfer_receive(self, info: Info, input: TransferReceiveInput) -> TransferReceivePayload:
        """The caller must be allowed to act at the destination."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "to_location_id")
            await receive_transfer(
                tx,
                transfer_id,
                _arrival_of(input.lines),
                reason=input.reason,
                note=text_of(input.note, "note"),
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

    @strawberry.mutation(
        description="Nothing more will come of a transfer: units under way are missing for a reason, and what has not "
        "left stays at the source.",
        **requires("stock:write"),
    )
    async def transfer_close(self, info: Info, input: TransferCloseInput) -> TransferClosePayload:
        """The caller must be allowed to act at the destination."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            transfer_id = await transfer_of(tx, context.actor, input.transfer_id, "to_location_id")
            await close_transfer(
                tx,
                transfer_id,
                reason=input.reason,
                note=text_of(input.note, "note"),
                expected_version=input.expected_version,
                actor=context.actor.reference,
                now=context.now,
            )
            return Outcome({"transfer_id": str(transfer_id)})

        return await commit(
            context, TransferClosePayload, work, operation="transferClose", key=input.idempotency_key, body=input
        )


async def _lines_of(tx: WriteTx, lines: Sequence[TransferLineInput]) -> list[TransferLineDraft]:
    variant_ids = await variants_of_lines(tx, lines)
    return [TransferLineDraft(variant_id, line.quantity) for variant_id, line in zip(variant_ids, lines, strict=True)]


def _by_line(lines: Sequence[TransferShipLineInput] | None) -> dict[int, int] | None:
    if lines is None:
        return None
    _check_lines(lines)
    return {line.line_no: line.quantity for line in lines}


def _arrival_of(lines: Sequence[TransferReceiveLineInput] | None) -> Arrival:
    if lines is None:
        return Arrival()
    _check_lines(lines)
    return Arrival(
        received={line.line_no: line.received_quantity for line in lines},
        damaged={line.line_no: line.damaged_quantity for line in lines},
        lost={line.line_no: line.lost_quantity for line in lines},
        surplus={line.line_no: line.surplus_quantity for line in lines},
    )


def _check_lines(lines: Sequence[TransferShipLineInput] | Sequence[TransferReceiveLineInput]) -> None:
    """Raises InvalidInput for none, for too many and for a line that is named twice."""
    check_count(lines)
    if len({line.line_no for line in lines}) < len(lines):
        message = "A line is named twice."
        raise InvalidInput(message, path=["input", "lines"])
