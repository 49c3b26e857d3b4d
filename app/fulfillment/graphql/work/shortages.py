"""What locations do with work that they cannot do, or not as it is asked for."""

from collections.abc import Sequence

import strawberry

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.move_work import move_work
from app.fulfillment.actions.reject_work import reject_work
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.actions.split_work import split_work
from app.fulfillment.errors import UnknownLine
from app.fulfillment.graphql.work.forms import (
    WorkMoveInput,
    WorkMovePayload,
    WorkRejectInput,
    WorkRejectPayload,
    WorkReportShortInput,
    WorkReportShortPayload,
    WorkShortLineInput,
    WorkSplitInput,
    WorkSplitPayload,
)
from app.fulfillment.model.work import MAX_LINES, check_text
from app.inventory.errors import InsufficientStock, InvalidQuantity
from app.inventory.graphql.mutations.checks import variant_ids_of
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, InvalidTransition, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires

_WORK = ("input", "workInstructionId")
_LINES = ("input", "lines")


@strawberry.type
class WorkShortageMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Units are not there. In one transaction they leave the location's stock if the reason says so, "
        "other locations that can serve the order take over, and all work and transfers follow; what nobody has is "
        "taken off the order. The work goes on with what is there; without any it is REJECTED.",
        **requires("fulfillment:write"),
    )
    async def work_report_short(self, info: Info, input: WorkReportShortInput) -> WorkReportShortPayload:
        """Only these units of this order: other promises on the same stock stay."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            work_id = require_uuid(input.work_instruction_id, "WorkInstruction", *_WORK)
            lines = await _short_lines(tx, input.lines)
            try:
                given = await report_short(
                    tx, work_id, lines, input.reason, elsewhere=ORDERS_ELSEWHERE, actor=context.actor, now=context.now
                )
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"work_id": str(work_id), "moved": given.moved, "broken": given.broken})

        key = input.idempotency_key
        return await commit(context, WorkReportShortPayload, work, operation="workReportShort", key=key, body=input)

    @strawberry.mutation(
        description="The location does nothing of it: all units come from elsewhere, as with `workReportShort`. A "
        "pickup at the store stays; its preparation waits for what others send.",
        **requires("fulfillment:write"),
    )
    async def work_reject(self, info: Info, input: WorkRejectInput) -> WorkRejectPayload:
        """The location is not asked for the same goods of the order again."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            work_id = require_uuid(input.work_instruction_id, "WorkInstruction", *_WORK)
            note = check_text(input.note, "input", "note")
            try:
                given = await reject_work(
                    tx,
                    work_id,
                    input.reason,
                    note,
                    elsewhere=ORDERS_ELSEWHERE,
                    actor=context.actor,
                    now=context.now,
                )
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"work_id": str(work_id), "moved": given.moved, "broken": given.broken})

        key = input.idempotency_key
        return await commit(context, WorkRejectPayload, work, operation="workReject", key=key, body=input)

    @strawberry.mutation(
        description="Another location does it, if it has all the units and may serve the order.",
        **requires("fulfillment:write"),
    )
    async def work_move(self, info: Info, input: WorkMoveInput) -> WorkMovePayload:
        """The caller must be allowed to act where the work is."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            work_id = require_uuid(input.work_instruction_id, "WorkInstruction", *_WORK)
            place = require_int(input.to_location_id, "Location", "input", "toLocationId")
            try:
                moved = await move_work(
                    tx, work_id, place, elsewhere=ORDERS_ELSEWHERE, actor=context.actor, now=context.now
                )
            except InsufficientStock as error:
                raise error.at("input", "toLocationId") from None
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"work_id": str(moved)})

        key = input.idempotency_key
        return await commit(context, WorkMovePayload, work, operation="workMove", key=key, body=input)

    @strawberry.mutation(
        description="Some lines are done apart from the others: as a parcel of its own, or as a count of its own.",
        **requires("fulfillment:write"),
    )
    async def work_split(self, info: Info, input: WorkSplitInput) -> WorkSplitPayload:
        """Lines are not cut."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            work_id = require_uuid(input.work_instruction_id, "WorkInstruction", *_WORK)
            try:
                new_id = await split_work(tx, work_id, input.line_nos, actor=context.actor, now=context.now)
            except (UnknownLine, InvalidInput) as error:
                raise error.at("input", "lineNos") from None
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"work_id": str(new_id)})

        key = input.idempotency_key
        return await commit(context, WorkSplitPayload, work, operation="workSplit", key=key, body=input)


def _pointing(error: DomainError) -> DomainError:
    """Where in the input the trouble is."""
    if isinstance(error, UnknownLine | InvalidQuantity | InvalidInput):
        return error.at(*_LINES)
    if isinstance(error, NotFound):
        return NotFound(error.message, path=_WORK)
    return error.at(*_WORK) if isinstance(error, InvalidTransition) else error


async def _short_lines(tx: WriteTx, lines: Sequence[WorkShortLineInput]) -> list[ShortLine]:
    named = [line.line_no for line in lines]
    if not 1 <= len(lines) <= MAX_LINES or len(set(named)) < len(named):
        message = f"Name 1 to {MAX_LINES} lines, each once."
        raise InvalidInput(message, path=_LINES)
    skus = {
        ("lines", str(index), "componentSku"): line.component_sku
        for index, line in enumerate(lines)
        if line.component_sku is not None
    }
    found = dict(zip(skus, await variant_ids_of(tx, skus), strict=True)) if skus else dict[tuple[str, ...], int]()
    return [
        ShortLine(line.line_no, line.quantity, found.get(("lines", str(index), "componentSku")))
        for index, line in enumerate(lines)
    ]
