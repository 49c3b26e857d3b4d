"""Inputs and payloads of the mutations of work."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.graphql.batches import work_by_id, works_by_ids
from app.fulfillment.graphql.types import WorkInstruction
from app.fulfillment.model import WorkKind
from app.kit.graphql.payload import Payload

KEY: Final = "Makes repetitions harmless: the same key with the same input gets the first answer again."
NEEDED_KEY: Final = (
    "Needed, because a repetition would do it again: the same key with the same input gets the first answer again. One "
    "key per intent, such as a UUID."
)
_WORKS: Final = "The work, 1 to 100 different instructions: all or none."


def _work_key(payload: Any) -> UUID | None:
    return payload.work_id and UUID(payload.work_id)


def works_key(payload: Any) -> tuple[UUID, ...] | None:
    """The works' ids, for a relation."""
    return None if payload.work_ids is None else tuple(UUID(text) for text in payload.work_ids)


@strawberry.input(description="Units of one line of a piece of work.")
class WorkLineInput:
    """One line."""

    line_no: int = strawberry.field(description="The line, as `WorkInstruction.lines` numbers it.")
    quantity: int = strawberry.field(description="Units.")


@strawberry.input(description="Input of `workComplete`.")
class WorkCompleteInput:
    """One instruction."""

    work_instruction_id: strawberry.ID = strawberry.field(description="The work that was done.")
    lines: list[WorkLineInput] | None = strawberry.field(
        default=None,
        description="What was picked, packed or found, of every line. Null: what was asked for. Needed for a COUNT "
        "with lines: what was found is what is on hand from then on.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="What mutations of one piece of work answer.")
class WorkPayload(Payload):
    """Read after the commit."""

    work_id: strawberry.Private[str | None] = None
    work_instruction = relation(WorkInstruction, work_by_id, key=_work_key, description="The work.")


@strawberry.type(description="The answer to `workComplete`.")
class WorkCompletePayload(WorkPayload):
    """The work is DONE."""


@strawberry.input(description="Units of one variant that work is about.")
class WorkGoodsInput:
    """One line of work that staff asks for."""

    sku: str = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(default=0, description="Units, 0 to 1,000,000; 0: to be counted.")


@strawberry.input(description="Input of `workCreate`.")
class WorkCreateInput:
    """Work that no order and no transfer asks for."""

    kind: WorkKind = strawberry.field(description="PACK, LOCKER_DROP_OFF, COUNT or RETURN_INSPECT.")
    location_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Where. Needed unless the fulfillment or the pickup says it; PACK is done where the parcel leaves.",
    )
    fulfillment_id: strawberry.ID | None = strawberry.field(default=None, description="What to pack.")
    pickup_id: strawberry.ID | None = strawberry.field(
        default=None, description="The pickup that goes into a locker, or that came back."
    )
    lines: list[WorkGoodsInput] | None = strawberry.field(
        default=None, description="What to count or to inspect, up to 100 lines, each variant once."
    )
    note: str | None = strawberry.field(default=None, description="For people; up to 200 characters.")
    due_at: datetime | None = strawberry.field(default=None, description="By when it should be done (UTC).")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `workCreate`.")
class WorkCreatePayload(WorkPayload):
    """The new work."""


@strawberry.type(description="What mutations of several pieces of work answer.")
class WorksPayload(Payload):
    """Read after the commit."""

    work_ids: strawberry.Private[list[str] | None] = None
    work_instructions = relation(
        WorkInstruction, works_by_ids, key=works_key, many=True, description="The work, in the order of the input."
    )


@strawberry.input(description="Input of `workAssign`.")
class WorkAssignInput:
    """Some instructions."""

    work_instruction_ids: list[strawberry.ID] = strawberry.field(description=_WORKS)
    assignee: str | None = strawberry.field(
        default=None, description="A person's or device's name, up to 80 characters. Null: whoever comes first."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `workAssign`.")
class WorkAssignPayload(WorksPayload):
    """The work with its assignee."""


@strawberry.input(description="Input of `workAcknowledge`.")
class WorkAcknowledgeInput:
    """Some instructions."""

    work_instruction_ids: list[strawberry.ID] = strawberry.field(description=_WORKS)
    assignee: str | None = strawberry.field(
        default=None, description="Who is at it: the work is theirs from now on. Null: whose it is already."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `workAcknowledge`.")
class WorkAcknowledgePayload(WorksPayload):
    """The work, IN_PROGRESS."""


@strawberry.input(description="Input of `workHold`.")
class WorkHoldInput:
    """Some instructions."""

    work_instruction_ids: list[strawberry.ID] = strawberry.field(description=_WORKS)
    reason: str = strawberry.field(description="Why, for people; 1 to 200 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `workHold`.")
class WorkHoldPayload(WorksPayload):
    """The work, ON_HOLD."""


@strawberry.input(description="Input of `workRelease`.")
class WorkReleaseInput:
    """Some instructions."""

    work_instruction_ids: list[strawberry.ID] = strawberry.field(description=_WORKS)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `workRelease`.")
class WorkReleasePayload(WorksPayload):
    """The work, OPEN or WAITING again."""
