"""Points, or the shop on their behalf, report what happened to pickups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.keep_reports import CLOCK_SKEW, keep_reports, reporter_of
from app.fulfillment.model import may_touch
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.pickups import LONGEST_HOLD, POINT_MODES, HoldPolicy
from app.fulfillment.model.reports import OWN_KINDS, Report, ReportKind
from app.fulfillment.sql import pickups, reports
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor, ActorKind
from app.orders.sql import lock_orders


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report as it comes in. The pickup is named by exactly one of pickup_id, number and tracking_number.

    key: the reporter's own name for the event, None when it has none. body: a hash of what was sent. `report.key`
    counts for nothing.
    """

    report: Report
    actor: Actor
    pickup_id: UUID | None = None
    number: str | None = None
    tracking_number: str | None = None
    key: str | None = None
    note: str | None = None
    body: bytes = b""

    @property
    def reporter(self) -> str:
        """Whose keys it is among."""
        return reporter_of(self.actor)


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of a report. is_repeated: it was known already."""

    pickup_id: UUID
    effect: ReportEffect
    is_repeated: bool


async def report_pickups(
    tx: WriteTx, requests: Sequence[ReportRequest], *, now: datetime
) -> list[Reported | DomainError]:
    """Keep reports and bring their pickups to where all reports say that they are: see `model.reports`.

    All are of one caller. One answer for each, in order: what it does, or why it is not kept: NotFound (also for
    pickups of others), InvalidTransition for pickups at own stores, InvalidInput for what cannot be,
    IdempotencyKeyReused. The number of statements does not grow with them, but with how many goods were collected.
    """
    answers: dict[int, Reported | DomainError] = {}
    wanted = await _find(tx, requests, answers)
    await lock_orders(tx, {row.order_id for row in wanted.values()})
    locked = await pickups.lock_pickups(tx, {row.id for row in wanted.values()})
    policies = await pickups.policies_of(tx, {row.location_id for row in wanted.values()})
    new: dict[int, reports.NewReport] = {}
    for place, row in wanted.items():
        try:
            new[place] = _new(requests[place], locked[row.id], policies[row.location_id], now)
        except DomainError as refusal:
            answers[place] = refusal
    repeated = await keep_reports(tx, new, answers, insert=reports.insert_reports, known=reports.known_reports, now=now)
    kept = {place: one for place, one in new.items() if place not in answers}
    taken = sorted({one.subject_id for one in kept.values()})
    actor = requests[next(iter(kept))].actor.reference if kept else ""
    told = await follow_reports(tx, [locked[pickup_id] for pickup_id in taken], actor=actor, now=now)
    for place, one in kept.items():
        effect = told[one.subject_id].effects[f"{one.reporter} {one.key}"]
        answers[place] = Reported(one.subject_id, effect, is_repeated=place in repeated)
    return [answers[place] for place in range(len(requests))]


async def _find(
    tx: WriteTx, requests: Sequence[ReportRequest], answers: dict[int, Reported | DomainError]
) -> dict[int, Row]:
    """The pickup that each means; those that mean none are answered."""
    found = await reports.find_reported(tx, [(one.pickup_id, one.number, one.tracking_number) for one in requests])
    wanted: dict[int, Row] = {}
    for place, one in enumerate(requests):
        rows = [
            row
            for row in found.get(place, ())
            if may_touch(one.actor, partner_id=row.partner_id, location_id=row.location_id)
        ]
        if len({row.id for row in rows}) == 1:
            wanted[place] = rows[0]
        elif rows:
            answers[place] = InvalidInput("Several parcels have this number. Name the pickup.", path=["trackingNumber"])
        else:
            answers[place] = NotFound("There is no such pickup.")
    return wanted


def _new(request: ReportRequest, pickup: Row, policy: HoldPolicy, now: datetime) -> reports.NewReport:
    """The report as it is kept. Raises a DomainError."""
    given = request.report
    if pickup.mode not in POINT_MODES:
        message = "Nothing is reported of a pickup at an own store: its people take its steps."
        raise InvalidTransition(message, current_status=pickup.status)
    if given.kind in OWN_KINDS and request.actor.kind is ActorKind.PARTNER:
        raise InvalidInput(f"{given.kind} is not yours to report.", path=["kind"])
    if given.occurred_at > now + CLOCK_SKEW:
        raise InvalidInput("What is reported has happened: this instant is in the future.", path=["occurredAt"])
    if given.occurred_at < pickup.created_at - CLOCK_SKEW:
        raise InvalidInput("This instant is before the order.", path=["occurredAt"])
    changes: dict[str, Any] = {}
    if given.kind in {ReportKind.ARRIVED, ReportKind.READY}:
        changes["is_collectable"] = given.is_collectable or not policy.asks_own_code
        changes["hold_until"] = given.hold_until or policy.hold_until(given.occurred_at)
    elif given.kind is ReportKind.EXTENDED and given.hold_until is None:
        raise InvalidInput("Until when?", path=["holdUntil"])
    report = replace(given, **changes)
    if report.hold_until is not None and not report.occurred_at <= report.hold_until <= now + LONGEST_HOLD:
        raise InvalidInput("Goods are kept for up to 60 days, and not into the past.", path=["holdUntil"])
    key = request.key or str(new_id())
    return reports.NewReport(
        request.reporter, key, pickup.id, request.actor.reference, report, request.note, request.body
    )
