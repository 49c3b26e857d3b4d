"""What was counted is believed: the ledger is corrected."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.move_promises import Elsewhere
from app.inventory.events import CountSessionChanged
from app.inventory.model import CauseKind, Movement, MovementKind
from app.inventory.model.corrections import Cause, Correction, Promise, PromisePolicy
from app.inventory.model.counts import (
    COUNT_SESSION,
    CountLine,
    CountStep,
    check_complete,
    check_four_eyes,
    corrections_of,
)
from app.inventory.sql.counts import close_count_session, count_lines_of, counters_of, lock_count_session
from app.kit.db import WriteTx
from app.kit.errors import DomainError, Refusals
from app.kit.outbox import publish


async def approve_count(
    tx: WriteTx,
    count_id: UUID,
    *,
    policy: PromisePolicy = PromisePolicy.KEEP,
    elsewhere: Elsewhere | None = None,
    expected_version: int | None = None,
    actor: str,
    now: datetime,
) -> list[Promise]:
    """Correct all differences, one COUNTED row of the ledger for each, and end the session as APPROVED.

    Returns the promises that ended. All or nothing; raises NotFound, VersionConflict, InvalidTransition,
    CountIncomplete, FourEyesNeeded, and Refusals with an InsufficientStock for each line whose units are promised (and
    the policy keeps promises) or have left since they were missed in the count.
    """
    session = await lock_count_session(tx, count_id, expected_version=expected_version)
    status = COUNT_SESSION.take(CountStep.APPROVE, session["status"])
    if session["needs_four_eyes"]:
        check_four_eyes(actor, await counters_of(tx, count_id))
    lines = await count_lines_of(tx, count_id)
    check_complete(lines)
    corrections = corrections_of(lines, session["location_id"])
    broken = list[Promise]()
    if corrections:
        done = await correct_stock(
            tx,
            corrections,
            policy=policy,
            rows_of=_counted,
            elsewhere=elsewhere,
            cause=Cause(CauseKind.COUNT, count_id, actor, now, note=session["note"]),
        )
        _check(lines, corrections, done.results)
        broken = done.broken
    await close_count_session(tx, count_id, status, lines, closed_by=actor, now=now)
    await publish(tx, CountSessionChanged(count_id, session["location_id"], status))
    return broken


def _counted(correction: Correction, delta: int) -> list[Movement]:
    return [Movement(correction.variant_id, correction.location_id, MovementKind.COUNTED, on_hand=delta)]


def _check(lines: Sequence[CountLine], corrections: Sequence[Correction], results: Sequence[int | DomainError]) -> None:
    """Raises Refusals that name the SKUs of what could not be corrected."""
    skus = {line.variant_id: line.sku for line in lines}
    refused = list[DomainError]()
    for correction, result in zip(corrections, results, strict=True):
        if isinstance(result, DomainError):
            result.facts.setdefault("sku", skus[correction.variant_id])
            refused.append(result)
    if refused:
        raise Refusals(refused)
