"""Inputs and payloads of the mutations of work."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.graphql.batches import work_by_id, works_by_ids
from app.fulfillment.graphql.types import WorkInstruction
from app.fulfillment.model import WorkKind
from app.fulfillment.model.work import ShortReason
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.payload import Payload

KEY: Final = "Makes repetitions harmless: the same key with the same input gets the first answer again."
NEEDED_KEY: Final = (
    "Needed, because a repetition would do it again: the same key with the same input gets the first answer again. One "
    "key per intent, such as a UUID."
)
_WORKS: Final = "The work, 1 to 100 different instructions: all or none."


describe_enum(
    ShortReason,
    "Why a location does not give what it is asked for.",
    {
        ShortReason.NOT_IN_STOCK: "Nobody finds the units: they leave the stock.",
        ShortReason.DAMAGED: "They are broken or stained: they are set aside as `DAMAGED`.",
        ShortReason.MISMATCH: "Another variant lay in their place: they leave the stock.",
        ShortReason.DISPLAY_WORN: "They were shown and cannot be sold: they are set aside as `DAMAGED`.",
        ShortReason.STOLEN: "They were stolen: they leave the stock.",
        ShortReason.NO_TIME: "Nobody can do it in time. The units are there, and on sale again.",
        ShortReason.CLOSED: "The location is closed. The units are there, and on sale again.",
        ShortReason.OTHER: "Something else. The units are there, and on sale again.",
    },
)


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


@strawberry.input(description="Units of one line that are not there.")
class WorkShortLineInput:
    """One line."""

    line_no: int = strawberry.field(description="The line, as `WorkInstruction.lines` numbers it.")
    quantity: int = strawberry.field(
        description="Units that are missing: of the line, or of the component that `componentSku` names."
    )
    component_sku: str | None = strawberry.field(
        default=None,
        description="Of a bundle: the component that is missing. Needed where the reason says that the stock is wrong.",
    )


@strawberry.input(description="Input of `workReportShort`.")
class WorkReportShortInput:
    """One instruction."""

    work_instruction_id: strawberry.ID = strawberry.field(
        description="PICK, PACK, SHIP, PREPARE_PICKUP or TRANSFER work of an order, open or in progress."
    )
    lines: list[WorkShortLineInput] = strawberry.field(description="What is missing, 1 to 100 lines, each once.")
    reason: ShortReason = strawberry.field(description="Why. It decides whether the units leave the stock.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="What mutations answer by which a location gives up units of an order.")
class WorkGivenUpPayload(WorkPayload):
    """Read after the commit."""

    moved: strawberry.Private[int | None] = None
    broken: strawberry.Private[int | None] = None

    @strawberry.field(description="Units of the order that other locations give instead.")
    def moved_quantity(self) -> int | None:
        """A bundle counts once."""
        return self.moved

    @strawberry.field(description="Units that nobody has: the order gets fewer, and their money is not taken.")
    def canceled_quantity(self) -> int | None:
        """A bundle counts once."""
        return self.broken


@strawberry.type(description="The answer to `workReportShort`.")
class WorkReportShortPayload(WorkGivenUpPayload):
    """The work with what is left of it."""


@strawberry.input(description="Input of `workReject`.")
class WorkRejectInput:
    """One instruction."""

    work_instruction_id: strawberry.ID = strawberry.field(
        description="PICK, PACK, SHIP, PREPARE_PICKUP or TRANSFER work of an order, open or in progress."
    )
    reason: ShortReason = strawberry.field(description="Why. It decides whether the units leave the stock.")
    note: str | None = strawberry.field(default=None, description="For people; up to 200 characters.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `workReject`.")
class WorkRejectPayload(WorkGivenUpPayload):
    """The work, REJECTED; a pickup's preparation WAITING for what others send."""


@strawberry.input(description="Input of `workMove`.")
class WorkMoveInput:
    """One instruction."""

    work_instruction_id: strawberry.ID = strawberry.field(description="PICK or TRANSFER work of an order.")
    to_location_id: strawberry.ID = strawberry.field(description="The location that does it instead.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `workMove`.")
class WorkMovePayload(WorkPayload):
    """The work at the other location."""


@strawberry.input(description="Input of `workSplit`.")
class WorkSplitInput:
    """One instruction."""

    work_instruction_id: strawberry.ID = strawberry.field(description="PICK or COUNT work that is open.")
    line_nos: list[int] = strawberry.field(description="The lines that are done apart, whole; some, not all.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `workSplit`.")
class WorkSplitPayload(WorkPayload):
    """The new work, about these lines."""
