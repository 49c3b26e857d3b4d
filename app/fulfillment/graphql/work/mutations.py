"""What people do with work."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import strawberry

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.release_works import release_works
from app.fulfillment.errors import UnknownLine
from app.fulfillment.graphql.work.forms import (
    WorkAcknowledgeInput,
    WorkAcknowledgePayload,
    WorkAssignInput,
    WorkAssignPayload,
    WorkCompleteInput,
    WorkCompletePayload,
    WorkCreateInput,
    WorkCreatePayload,
    WorkHoldInput,
    WorkHoldPayload,
    WorkLineInput,
    WorkReleaseInput,
    WorkReleasePayload,
    WorksPayload,
)
from app.fulfillment.model.work import MAX_LINES, check_name, check_text
from app.inventory.errors import InvalidQuantity
from app.inventory.graphql.mutations.checks import place_of, variant_ids_of
from app.inventory.model import check_quantity
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires

WorksPayloadT = TypeVar("WorksPayloadT", bound=WorksPayload)


class WorksInput(Protocol):
    """An input that names several pieces of work."""

    work_instruction_ids: list[strawberry.ID]
    idempotency_key: str | None


@strawberry.type
class WorkMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Work was done. PREPARE_PICKUP work marks the pickup ready. SHIP, TRANSFER and RECEIVE work is "
        "reported by the mutation that its kind names.",
        **requires("fulfillment:write"),
    )
    async def work_complete(self, info: Info, input: WorkCompleteInput) -> WorkCompletePayload:
        """The next work opens."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            path = ("input", "workInstructionId")
            work_id = require_uuid(input.work_instruction_id, "WorkInstruction", *path)
            done = None if input.lines is None else units_of(input.lines)
            try:
                await complete_work(tx, work_id, done, elsewhere=ORDERS_ELSEWHERE, actor=context.actor, now=context.now)
            except (InvalidQuantity, UnknownLine) as error:
                raise error.at("input", "lines") from None
            except NotFound as error:
                raise NotFound(error.message, path=path) from None
            return Outcome({"work_id": str(work_id)})

        key = input.idempotency_key
        return await commit(context, WorkCompletePayload, work, operation="workComplete", key=key, body=input)

    @strawberry.mutation(
        description="Ask for work that no order and no transfer asks for: packing, counting, inspecting what came "
        "back, or putting a pickup into its locker.",
        **requires("fulfillment:write"),
    )
    async def work_create(self, info: Info, input: WorkCreateInput) -> WorkCreatePayload:
        """It is on the location's list at once."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            draft = WorkDraft(
                input.kind,
                None
                if input.location_id is None
                else await place_of(tx, context.actor, input.location_id, "locationId"),
                _key(input.fulfillment_id, "Fulfillment", "fulfillmentId"),
                _key(input.pickup_id, "Pickup", "pickupId"),
                check_text(input.note, "input", "note"),
                input.due_at,
                await _goods(tx, input),
            )
            work_id = await create_work(tx, draft, actor=context.actor, now=context.now)
            return Outcome({"work_id": str(work_id)})

        key = input.idempotency_key
        return await commit(context, WorkCreatePayload, work, operation="workCreate", key=key, body=input)

    @strawberry.mutation(
        description="Say who is to do work. Work that somebody is at is open again for whoever gets it.",
        **requires("fulfillment:write"),
    )
    async def work_assign(self, info: Info, input: WorkAssignInput) -> WorkAssignPayload:
        """All or none."""
        context = info.context

        async def step(tx: WriteTx, work_ids: Sequence[UUID]) -> None:
            name = check_name(input.assignee, "input", "assignee")
            await assign_works(tx, work_ids, name, actor=context.actor, now=context.now)

        return await _step(context, WorkAssignPayload, step, "workAssign", input)

    @strawberry.mutation(
        description="Somebody is at it. Of two who say so at once one gets it; the other is refused with `WORK_TAKEN` "
        "or `INVALID_TRANSITION`.",
        **requires("fulfillment:write"),
    )
    async def work_acknowledge(self, info: Info, input: WorkAcknowledgeInput) -> WorkAcknowledgePayload:
        """All or none."""
        context = info.context

        async def step(tx: WriteTx, work_ids: Sequence[UUID]) -> None:
            name = check_name(input.assignee, "input", "assignee")
            await acknowledge_works(tx, work_ids, name, actor=context.actor, now=context.now)

        return await _step(context, WorkAcknowledgePayload, step, "workAcknowledge", input)

    @strawberry.mutation(
        description="Work must not be done for now: its goods do not leave, and its pickup is not made ready.",
        **requires("fulfillment:write"),
    )
    async def work_hold(self, info: Info, input: WorkHoldInput) -> WorkHoldPayload:
        """All or none."""
        context = info.context

        async def step(tx: WriteTx, work_ids: Sequence[UUID]) -> None:
            reason = check_text(input.reason, "input", "reason")
            if reason is None:
                message = "Say why."
                raise InvalidInput(message, path=["input", "reason"])
            await hold_works(tx, work_ids, reason, actor=context.actor, now=context.now)

        return await _step(context, WorkHoldPayload, step, "workHold", input)

    @strawberry.mutation(
        description="Work that was on hold goes on: it is open, or waits for what it waited for.",
        **requires("fulfillment:write"),
    )
    async def work_release(self, info: Info, input: WorkReleaseInput) -> WorkReleasePayload:
        """All or none."""
        context = info.context

        async def step(tx: WriteTx, work_ids: Sequence[UUID]) -> None:
            await release_works(tx, work_ids, actor=context.actor, now=context.now)

        return await _step(context, WorkReleasePayload, step, "workRelease", input)


def units_of(lines: Sequence[WorkLineInput]) -> dict[int, int]:
    """Units by line number. Raises InvalidInput for a line that is named twice."""
    found = dict[int, int]()
    for index, line in enumerate(lines):
        if line.line_no in found:
            message = f"Line {line.line_no} is named twice."
            raise InvalidInput(message, path=["input", "lines", str(index), "lineNo"])
        found[line.line_no] = line.quantity
    return found


def work_ids_of(ids: Sequence[str]) -> list[UUID]:
    """1 to 100 different pieces of work. Raises InvalidInput, NotFound."""
    if not 1 <= len(ids) <= MAX_LINES or len(set(ids)) < len(ids):
        message = f"Name 1 to {MAX_LINES} different work instructions."
        raise InvalidInput(message, path=["input", "workInstructionIds"])
    return [
        require_uuid(text, "WorkInstruction", "input", "workInstructionIds", str(index))
        for index, text in enumerate(ids)
    ]


def _key(value: str | None, typename: str, name: str) -> UUID | None:
    return None if value is None else require_uuid(value, typename, "input", name)


async def _goods(tx: WriteTx, input: WorkCreateInput) -> list[tuple[int, int]]:
    lines = input.lines or []
    if len(lines) > MAX_LINES or len({line.sku for line in lines}) < len(lines):
        message = f"Up to {MAX_LINES} lines, each variant once."
        raise InvalidInput(message, path=["input", "lines"])
    skus = {("lines", str(index), "sku"): line.sku for index, line in enumerate(lines)}
    variants = await variant_ids_of(tx, skus) if skus else []
    return [
        (variant_id, check_quantity(line.quantity, "input", "lines", str(index), "quantity", minimum=0))
        for index, (variant_id, line) in enumerate(zip(variants, lines, strict=True))
    ]


async def _step(
    context: Context,
    payload_type: type[WorksPayloadT],
    step: Callable[[WriteTx, Sequence[UUID]], Awaitable[None]],
    operation: str,
    input: WorksInput,
) -> WorksPayloadT:
    """One step of several pieces of work; a refusal points at the first that cannot take it."""

    async def work(tx: WriteTx) -> Outcome:
        work_ids = work_ids_of(input.work_instruction_ids)
        try:
            await step(tx, work_ids)
        except NotFound as error:
            error.path = ["input", "workInstructionIds", *error.path]
            raise
        except DomainError as error:
            raise error.at("input", "workInstructionIds") from None
        return Outcome({"work_ids": [str(work_id) for work_id in work_ids]})

    return await commit(context, payload_type, work, operation=operation, key=input.idempotency_key, body=input)
