"""Carriers, or the shop on their behalf, tell what happened to parcels."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.follow_tracking import follow_tracking
from app.fulfillment.actions.keep_reports import Kept, Reporting, check_instant, reporter_of, take_reports
from app.fulfillment.model.tracking import OWN_KINDS, TrackingEvent
from app.fulfillment.sql import packages, tracking
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor


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


async def report_tracking(
    tx: WriteTx, requests: Sequence[TrackingRequest], *, now: datetime
) -> list[Kept | DomainError]:
    """Keep events and bring their parcels to where all events say that they are: see `model.tracking`.

    All are of one caller. Partners tell of the parcels of their own carriers only. One answer for each, in order:
    what it does, or why it is not kept: NotFound (also for parcels of others), InvalidInput for what cannot be,
    IdempotencyKeyReused. The number of statements does not grow with them.
    """
    return await take_reports(tx, requests, _PARCELS, now=now)


async def _find(tx: WriteTx, requests: Sequence[TrackingRequest]) -> Mapping[int, Sequence[Row]]:
    return await tracking.find_tracked(tx, [(one.package_id, one.carrier, one.tracking_number) for one in requests])


async def _reader(
    tx: WriteTx, locked: Collection[Row], now: datetime
) -> Callable[[TrackingRequest, Row], tracking.NewTracking]:
    del tx, locked
    return lambda request, package: _new(request, package, now)


def _new(request: TrackingRequest, package: Row, now: datetime) -> tracking.NewTracking:
    """The event as it is kept. Raises InvalidInput."""
    given = request.event
    if given.kind in OWN_KINDS:
        raise InvalidInput(f"{given.kind} is told by `shipmentTakeBack`.", path=["kind"])
    check_instant(given.occurred_at, package.created_at, now)
    actor, key = request.actor, request.key or str(new_id())
    return tracking.NewTracking(reporter_of(actor), key, package.id, actor.reference, given, request.body)


_PARCELS: Final = Reporting(
    find=_find,
    none=lambda: NotFound("There is no such parcel."),
    several=lambda: InvalidInput("Several carriers use this number. Name the carrier.", path=["carrier"]),
    lock=packages.lock_packages,
    reader=_reader,
    insert=tracking.insert_tracking,
    known=tracking.known_tracking,
    follow=follow_tracking,
)
