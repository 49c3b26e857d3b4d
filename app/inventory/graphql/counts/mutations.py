"""What people do who count, and who believe them."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from app.inventory.actions.approve_count import approve_count
from app.inventory.actions.cancel_count import cancel_count
from app.inventory.actions.open_count import open_count
from app.inventory.actions.record_counts import record_counts
from app.inventory.actions.reject_counts import reject_counts
from app.inventory.graphql.corrections.types import elsewhere_for, promise_values
from app.inventory.graphql.counts.forms import (
    CountSessionApproveInput,
    CountSessionApprovePayload,
    CountSessionCancelInput,
    CountSessionCancelPayload,
    CountSessionOpenInput,
    CountSessionOpenPayload,
    CountSessionRecordInput,
    CountSessionRecordPayload,
    CountSessionRejectInput,
    CountSessionRejectPayload,
)
from app.inventory.graphql.mutations.checks import check_count, check_place, place_of, text_of, variant_ids_of
from app.inventory.model import check_quantity
from app.inventory.model.counts import Found
from app.inventory.sql.counts import lock_count_session
from app.kit.db import WriteTx
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.permissions import Actor


@strawberry.type
class CountMutation:
    """Keys limited to locations count at those only."""

    @strawberry.mutation(
        description="Begin to count at a location. A variant is in one open count session of a location at a time.",
        **requires("stock:write"),
    )
    async def count_session_open(self, info: Info, input: CountSessionOpenInput) -> CountSessionOpenPayload:
        """OPEN."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            count_id = await open_count(
                tx,
                location_id=await place_of(tx, context.actor, input.location_id, "locationId"),
                variant_ids=None if input.skus is None else await _variants_of(tx, input.skus),
                needs_four_eyes=input.needs_four_eyes,
                note=text_of(input.note, "note"),
                actor=context.actor.reference,
                now=context.now,
            )
            return _outcome(count_id)

        return await commit(
            context,
            CountSessionOpenPayload,
            work,
            operation="countSessionOpen",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Say what you counted. Each number is kept beside what the ledger says at this moment, so that "
        "what moves during the count is no difference; your last word on a variant counts.",
        **requires("stock:write"),
    )
    async def count_session_record(self, info: Info, input: CountSessionRecordInput) -> CountSessionRecordPayload:
        """The counter is the caller."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            count_id = await _count_of(tx, context.actor, input.count_session_id)
            check_count(input.counts, "counts")
            for index, count in enumerate(input.counts):
                check_quantity(count.quantity, "input", "counts", str(index), "quantity", minimum=0)
            skus = {("counts", str(index), "sku"): count.sku for index, count in enumerate(input.counts)}
            found = [
                Found(variant_id, count.quantity)
                for variant_id, count in zip(await variant_ids_of(tx, skus), input.counts, strict=True)
            ]
            await record_counts(tx, count_id, found, actor=context.actor.reference, now=context.now)
            return _outcome(count_id)

        return await commit(
            context,
            CountSessionRecordPayload,
            work,
            operation="countSessionRecord",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Have lines counted again: their next pass begins, and earlier ones say nothing any more.",
        **requires("stock:approve"),
    )
    async def count_session_reject(self, info: Info, input: CountSessionRejectInput) -> CountSessionRejectPayload:
        """Records are kept."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            count_id = await _count_of(tx, context.actor, input.count_session_id)
            await reject_counts(
                tx,
                count_id,
                await _variants_of(tx, input.skus),
                note=text_of(input.note, "note"),
                expected_version=input.expected_version,
            )
            return _outcome(count_id)

        return await commit(
            context,
            CountSessionRejectPayload,
            work,
            operation="countSessionReject",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Believe what was counted: all differences are corrected in the ledger, or none.",
        **requires("stock:approve"),
    )
    async def count_session_approve(self, info: Info, input: CountSessionApproveInput) -> CountSessionApprovePayload:
        """One ledger row for each difference, caused by the session."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            count_id = await _count_of(tx, context.actor, input.count_session_id)
            broken = await approve_count(
                tx,
                count_id,
                policy=input.promises,
                elsewhere=elsewhere_for(input.promises),
                expected_version=input.expected_version,
                actor=context.actor.reference,
                now=context.now,
            )
            return Outcome(
                {"count_session_id": str(count_id), "promises": [promise_values(promise) for promise in broken]}
            )

        return await commit(
            context,
            CountSessionApprovePayload,
            work,
            operation="countSessionApprove",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(description="Give a count session up; nothing is corrected.", **requires("stock:write"))
    async def count_session_cancel(self, info: Info, input: CountSessionCancelInput) -> CountSessionCancelPayload:
        """Its variants are free for another session."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            count_id = await _count_of(tx, context.actor, input.count_session_id)
            await cancel_count(
                tx,
                count_id,
                expected_version=input.expected_version,
                actor=context.actor.reference,
                now=context.now,
            )
            return _outcome(count_id)

        return await commit(
            context,
            CountSessionCancelPayload,
            work,
            operation="countSessionCancel",
            key=input.idempotency_key,
            body=input,
        )


def _outcome(count_id: UUID) -> Outcome:
    return Outcome({"count_session_id": str(count_id)})


async def _count_of(tx: WriteTx, actor: Actor, value: str) -> UUID:
    """A count session at a location where the caller may act, locked."""
    count_id = require_uuid(value, "CountSession", "input", "countSessionId")
    session = await lock_count_session(tx, count_id)
    await check_place(tx, actor, session["location_id"], "countSessionId")
    return count_id


async def _variants_of(tx: WriteTx, skus: Sequence[str]) -> list[int]:
    check_count(skus, "skus")
    return await variant_ids_of(tx, {("skus", str(index)): sku for index, sku in enumerate(skus)})
