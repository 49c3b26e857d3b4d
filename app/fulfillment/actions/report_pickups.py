"""Points, or the shop on their behalf, report what happened to pickups."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.keep_reports import Kept, Reporting, check_instant, reporter_of, take_reports
from app.fulfillment.model.pickups import LONGEST_HOLD, POINT_MODES, HoldPolicy
from app.fulfillment.model.reports import CODE_KINDS, OWN_KINDS, Report, ReportKind
from app.fulfillment.sql import pickups, reports
from app.fulfillment.sql.policies import policies_of
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report as it comes in. The pickup is named by exactly one of pickup_id, number and tracking_number.

    key: the reporter's own name for the event, None when it has none. body: a hash of what was sent. `report.key`
    counts for nothing. authentication_number: in plain, for a look at it; `report` has it sealed.
    """

    report: Report
    actor: Actor
    pickup_id: UUID | None = None
    number: str | None = None
    tracking_number: str | None = None
    key: str | None = None
    note: str | None = None
    body: bytes = b""
    authentication_number: str | None = field(default=None, repr=False)


async def report_pickups(tx: WriteTx, requests: Sequence[ReportRequest], *, now: datetime) -> list[Kept | DomainError]:
    """Keep reports and bring their pickups to where all reports say that they are: see `model.reports`.

    All are of one caller. One answer for each, in order: what it does, or why it is not kept: NotFound (also for
    pickups of others), InvalidTransition for pickups at own stores, InvalidInput for what cannot be,
    IdempotencyKeyReused. The number of statements does not grow with them, but with how many goods were collected.
    """
    return await take_reports(tx, requests, _PICKUPS, now=now)


async def _find(tx: WriteTx, requests: Sequence[ReportRequest]) -> Mapping[int, Sequence[Row]]:
    return await reports.find_reported(tx, [(one.pickup_id, one.number, one.tracking_number) for one in requests])


async def _reader(
    tx: WriteTx, locked: Collection[Row], now: datetime
) -> Callable[[ReportRequest, Row], reports.NewReport]:
    policies = await policies_of(tx, {pickup.location_id for pickup in locked})
    return lambda request, pickup: _new(request, pickup, policies[pickup.location_id], now)


def _new(request: ReportRequest, pickup: Row, policy: HoldPolicy, now: datetime) -> reports.NewReport:
    """The report as it is kept. Raises a DomainError."""
    given = request.report
    if pickup.mode not in POINT_MODES:
        message = "Nothing is reported of a pickup at an own store: its people take its steps."
        raise InvalidTransition(message, current_status=pickup.status)
    if given.kind in OWN_KINDS:
        # Goods that were only said to be back would be in no stock, and nothing could be done about them any more.
        message = f"{given.kind} is nobody's to report: the shop reminds by itself, `pickupTakeBack` takes goods back."
        raise InvalidInput(message, path=["kind"])
    check_instant(given.occurred_at, pickup.created_at, now)
    _check_code(request, policy)
    changes: dict[str, Any] = {}
    if given.kind in {ReportKind.ARRIVED, ReportKind.READY}:
        changes["is_collectable"] = given.is_collectable or policy.is_ready_on_arrival
        changes["hold_until"] = given.hold_until or policy.hold_until(given.occurred_at)
    elif given.kind is ReportKind.EXTENDED and given.hold_until is None:
        raise InvalidInput("Until when?", path=["holdUntil"])
    report = replace(given, **changes)
    if report.hold_until is not None and not report.occurred_at <= report.hold_until <= now + LONGEST_HOLD:
        raise InvalidInput("Goods are kept for up to 60 days, and not into the past.", path=["holdUntil"])
    actor, key = request.actor, request.key or str(new_id())
    return reports.NewReport(reporter_of(actor), key, pickup.id, actor.reference, report, request.note, request.body)


def _check_code(request: ReportRequest, policy: HoldPolicy) -> None:
    """Raise a DomainError unless the carrier's numbers, if any are told, can be those of the pickup."""
    slip_number, number = request.report.slip_number, request.authentication_number
    kind = request.report.kind
    name = "authenticationNumber" if slip_number is None else "slipNumber"
    if slip_number is None and number is None:
        if kind is ReportKind.CODE_TOLD:
            raise InvalidInput("Which number?", path=[name])
        return
    if kind not in CODE_KINDS:
        raise InvalidInput(f"No numbers are told with {kind}.", path=[name])
    if not policy.asks_own_code:
        raise InvalidInput("The shop makes the code for this point, not a carrier.", path=[name])
    policy.codes.check(slip_number, number)


_PICKUPS: Final = Reporting(
    find=_find,
    none=lambda: NotFound("There is no such pickup."),
    several=lambda: InvalidInput("Several parcels have this number. Name the pickup.", path=["trackingNumber"]),
    lock=pickups.lock_pickups,
    reader=_reader,
    insert=reports.insert_reports,
    known=reports.known_reports,
    follow=follow_reports,
)
