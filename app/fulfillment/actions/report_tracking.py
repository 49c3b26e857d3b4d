"""Carriers, or the shop on their behalf, tell what happened to parcels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.follow_tracking import follow_tracking
from app.fulfillment.actions.keep_reports import CLOCK_SKEW, keep_reports, reporter_of
from app.fulfillment.model import may_touch
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.tracking import OWN_KINDS, TrackingEvent
from app.fulfillment.sql import packages, tracking
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor
from app.orders.sql import lock_orders


@dataclass(frozen=True, slots=True)
class TrackingRequest:
    """An event as it comes in. The parcel is named by its id, or by the carrier's number and perhaps the carrier.

    key: the reporter's own name for the event, None when it has none. body: a hash of what was sent. `event.key`
    counts for nothing.
    """

    event: TrackingEvent
    actor: Actor
    package_id: UUID | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    key: str | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What came of an event. is_repeated: it was known already."""

    package_id: UUID
    effect: ReportEffect
    is_repeated: bool


async def report_tracking(
    tx: WriteTx, requests: Sequence[TrackingRequest], *, now: datetime
) -> list[Tracked | DomainError]:
    """Keep events and bring their parcels to where all events say that they are: see `model.tracking`.

    All are of one caller. Partners tell of the parcels of their own carriers only. One answer for each, in order:
    what it does, or why it is not kept: NotFound (also for parcels of others), InvalidInput for what cannot be,
    IdempotencyKeyReused. The number of statements does not grow with them.
    """
    answers: dict[int, Tracked | DomainError] = {}
    wanted = await _find(tx, requests, answers)
    await lock_orders(tx, {row.order_id for row in wanted.values()})
    locked = await packages.lock_packages(tx, {row.id for row in wanted.values()})
    new: dict[int, tracking.NewTracking] = {}
    for place, row in wanted.items():
        try:
            new[place] = _new(requests[place], locked[row.id], now)
        except DomainError as refusal:
            answers[place] = refusal
    repeated = await keep_reports(
        tx, new, answers, insert=tracking.insert_tracking, known=tracking.known_tracking, now=now
    )
    kept = {place: one for place, one in new.items() if place not in answers}
    taken = sorted({one.subject_id for one in kept.values()})
    actor = requests[next(iter(kept))].actor.reference if kept else ""
    told = await follow_tracking(tx, [locked[package_id] for package_id in taken], actor=actor, now=now)
    for place, one in kept.items():
        effect = told[one.subject_id].effects[f"{one.reporter} {one.key}"]
        answers[place] = Tracked(one.subject_id, effect, is_repeated=place in repeated)
    return [answers[place] for place in range(len(requests))]


async def _find(
    tx: WriteTx, requests: Sequence[TrackingRequest], answers: dict[int, Tracked | DomainError]
) -> dict[int, Row]:
    """The parcel that each means; those that mean none are answered."""
    found = await tracking.find_tracked(tx, [(one.package_id, one.carrier, one.tracking_number) for one in requests])
    wanted: dict[int, Row] = {}
    for place, one in enumerate(requests):
        rows = [
            row
            for row in found.get(place, ())
            if may_touch(one.actor, partner_id=row.partner_id, location_id=row.location_id)
        ]
        if len(rows) == 1:
            wanted[place] = rows[0]
        elif rows:
            answers[place] = InvalidInput("Several carriers use this number. Name the carrier.", path=["carrier"])
        else:
            answers[place] = NotFound("There is no such parcel.")
    return wanted


def _new(request: TrackingRequest, package: Row, now: datetime) -> tracking.NewTracking:
    """The event as it is kept. Raises InvalidInput."""
    given = request.event
    if given.kind in OWN_KINDS:
        raise InvalidInput(f"{given.kind} is told by `shipmentTakeBack`.", path=["kind"])
    if given.occurred_at > now + CLOCK_SKEW:
        raise InvalidInput("What is reported has happened: this instant is in the future.", path=["occurredAt"])
    if given.occurred_at < package.created_at - CLOCK_SKEW:
        raise InvalidInput("This instant is before the order.", path=["occurredAt"])
    key = request.key or str(new_id())
    return tracking.NewTracking(
        reporter_of(request.actor), key, package.id, request.actor.reference, given, request.body
    )
