"""Inputs and payloads of the mutations of count sessions."""

from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.corrections.types import BrokenPromise, promises_by_key, promises_key
from app.inventory.graphql.counts.types import CountSession, visible_count_sessions_by_id
from app.inventory.graphql.mutations.forms import KEY
from app.inventory.model.corrections import PromisePolicy
from app.kit.graphql.payload import Payload

_VERSION: Final = "The version that you have seen; another one refuses the step. Null: whatever it is."
_ID: Final = "The count session."


def _count_key(payload: Any) -> UUID | None:
    return payload.count_session_id and UUID(payload.count_session_id)


@strawberry.input(description="Input of `countSessionOpen`.")
class CountSessionOpenInput:
    """What is to be counted."""

    location_id: strawberry.ID = strawberry.field(description="Where.")
    skus: list[str] | None = strawberry.field(
        default=None,
        description="What has to be counted, 1 to 100 variants. Null: whatever is recorded, and nothing else.",
    )
    needs_four_eyes: bool = strawberry.field(
        default=True, description="Whether nobody who has counted may approve; a key is one person."
    )
    note: str | None = strawberry.field(default=None, description="For people and the ledger; up to 200 characters.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `countSessionOpen`.")
class CountSessionOpenPayload(Payload):
    """Read after the commit."""

    count_session_id: strawberry.Private[str | None] = None
    count_session = relation(
        CountSession, visible_count_sessions_by_id, key=_count_key, description="The count session, OPEN."
    )


@strawberry.input(description="What was counted of one variant.")
class CountInput:
    """All that is on hand."""

    sku: str = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(
        description="All units of it that are on hand at the location now, promised ones included, 0 to 1,000,000."
    )


@strawberry.input(description="Input of `countSessionRecord`.")
class CountSessionRecordInput:
    """By the caller."""

    count_session_id: strawberry.ID = strawberry.field(description=_ID)
    counts: list[CountInput] = strawberry.field(description="What the caller counted, 1 to 100 variants.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `countSessionRecord`.")
class CountSessionRecordPayload(Payload):
    """Read after the commit."""

    count_session_id: strawberry.Private[str | None] = None
    count_session = relation(
        CountSession, visible_count_sessions_by_id, key=_count_key, description="The count session, still OPEN."
    )


@strawberry.input(description="Input of `countSessionReject`.")
class CountSessionRejectInput:
    """Count again."""

    count_session_id: strawberry.ID = strawberry.field(description=_ID)
    skus: list[str] = strawberry.field(description="The lines to count again, 1 to 100.")
    note: str | None = strawberry.field(default=None, description="Why, for the counters; up to 200 characters.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `countSessionReject`.")
class CountSessionRejectPayload(Payload):
    """Read after the commit."""

    count_session_id: strawberry.Private[str | None] = None
    count_session = relation(
        CountSession, visible_count_sessions_by_id, key=_count_key, description="The count session, still OPEN."
    )


@strawberry.input(description="Input of `countSessionApprove`.")
class CountSessionApproveInput:
    """The ledger is corrected."""

    count_session_id: strawberry.ID = strawberry.field(description=_ID)
    promises: PromisePolicy = strawberry.field(
        default=PromisePolicy.KEEP, description="What becomes of promises that the remaining units cannot keep."
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `countSessionApprove`.")
class CountSessionApprovePayload(Payload):
    """Read after the commit."""

    count_session_id: strawberry.Private[str | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    count_session = relation(
        CountSession, visible_count_sessions_by_id, key=_count_key, description="The count session, APPROVED."
    )
    broken_promises = relation(
        BrokenPromise,
        promises_by_key,
        key=promises_key,
        many=True,
        description="Promises that ended because their units are not there.",
    )


@strawberry.input(description="Input of `countSessionCancel`.")
class CountSessionCancelInput:
    """It is given up."""

    count_session_id: strawberry.ID = strawberry.field(description=_ID)
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `countSessionCancel`.")
class CountSessionCancelPayload(Payload):
    """Read after the commit."""

    count_session_id: strawberry.Private[str | None] = None
    count_session = relation(
        CountSession, visible_count_sessions_by_id, key=_count_key, description="The count session, CANCELED."
    )
