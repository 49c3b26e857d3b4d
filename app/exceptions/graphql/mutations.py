"""What people do with cases."""

from typing import Any
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.exceptions.actions.assign_case import assign_case
from app.exceptions.actions.close_case import close_case
from app.exceptions.graphql.batches import visible_cases_by_id
from app.exceptions.graphql.types import ExceptionCase
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import idempotency_key, text_of
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires

MAX_NOTE = 500
MAX_NAME = 80


def _case() -> Any:
    return relation(
        ExceptionCase,
        visible_cases_by_id,
        key=lambda payload: payload.case_id and UUID(payload.case_id),
        description="The case as it is now.",
    )


@strawberry.input(description="Input of `exceptionCaseClose`.")
class ExceptionCaseCloseInput:
    """One case."""

    case_id: strawberry.ID = strawberry.field(description="The case.")
    note: str | None = strawberry.field(default=None, description="What was done; up to 500 characters.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `exceptionCaseClose`.")
class ExceptionCaseClosePayload(Payload):
    """Read after the commit."""

    case_id: strawberry.Private[str | None] = None
    exception_case = _case()


@strawberry.input(description="Input of `exceptionCaseAssign`.")
class ExceptionCaseAssignInput:
    """One case."""

    case_id: strawberry.ID = strawberry.field(description="The case.")
    assignee: str | None = strawberry.field(
        default=None, description="Who looks after it, 1 to 80 characters; null: nobody any more."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `exceptionCaseAssign`.")
class ExceptionCaseAssignPayload(Payload):
    """Read after the commit."""

    case_id: strawberry.Private[str | None] = None
    exception_case = _case()


@strawberry.type
class ExceptionMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="A case is solved, or needs nothing. It stays closed until something new is found. A case that is "
        "closed stays as it is, which is no error unless another note is sent.",
        **requires("fulfillment:write"),
    )
    async def exception_case_close(self, info: Info, input: ExceptionCaseCloseInput) -> ExceptionCaseClosePayload:
        """Once."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            case_id = require_uuid(input.case_id, "ExceptionCase", "input", "caseId")
            note = None if input.note is None else text_of(input.note, "input", "note", longest=MAX_NOTE)
            try:
                await close_case(tx, case_id, note=note, actor=context.actor, now=context.now)
            except NotFound as error:
                raise error.at("input", "caseId") from None
            return Outcome({"case_id": str(case_id)})

        key = input.idempotency_key
        return await commit(
            context, ExceptionCaseClosePayload, work, operation="exceptionCaseClose", key=key, body=input
        )

    @strawberry.mutation(description="Say who looks after an open case.", **requires("fulfillment:write"))
    async def exception_case_assign(self, info: Info, input: ExceptionCaseAssignInput) -> ExceptionCaseAssignPayload:
        """The last word counts."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            case_id = require_uuid(input.case_id, "ExceptionCase", "input", "caseId")
            assignee = None
            if input.assignee is not None:
                assignee = text_of(input.assignee, "input", "assignee", longest=MAX_NAME, shortest=1)
            try:
                await assign_case(tx, case_id, assignee, actor=context.actor)
            except NotFound as error:
                raise error.at("input", "caseId") from None
            return Outcome({"case_id": str(case_id)})

        key = input.idempotency_key
        return await commit(
            context, ExceptionCaseAssignPayload, work, operation="exceptionCaseAssign", key=key, body=input
        )
