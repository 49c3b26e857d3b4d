"""Parcels are where all that was told of them says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model.packages import PackageStatus, TrackingKind
from app.fulfillment.model.pickups import POINT_MODES
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.model.tracking import PackageProblem, ToldPackage, tell_package
from app.fulfillment.sql import packages, pickups, reports, tracking
from app.fulfillment.sql.policies import policies_of
from app.kit.db import Row, WriteTx
from app.orders.model import OrderHistoryKind

_TOLD: Final = {
    PackageStatus.OUT_FOR_DELIVERY: OrderHistoryKind.PARCEL_OUT_FOR_DELIVERY,
    PackageStatus.DELIVERY_ATTEMPTED: OrderHistoryKind.PARCEL_ATTEMPTED,
    PackageStatus.DELIVERED: OrderHistoryKind.PARCEL_DELIVERED,
    PackageStatus.REFUSED: OrderHistoryKind.PARCEL_REFUSED,
    PackageStatus.LOST: OrderHistoryKind.PARCEL_LOST,
    PackageStatus.RETURNING: OrderHistoryKind.PARCEL_RETURNING,
    PackageStatus.RETURNED: OrderHistoryKind.PARCEL_RETURNED,
    PackageStatus.TAKEN_BACK: OrderHistoryKind.PARCEL_TAKEN_BACK,
}
_KINDS: Final = tuple(CaseKind(problem) for problem in PackageProblem)
# Who reports, to pickups, that all of their parcels are there.
_REPORTER: Final = "tracking"


async def follow_tracking(tx: WriteTx, taken: Sequence[Row], *, actor: str, now: datetime) -> dict[UUID, ToldPackage]:
    """Bring locked parcels to what was told of them, by id; their orders are locked, too.

    What matters to the buyer is written into the order's history. What does not go together, is lost or comes back
    becomes a case. A pickup at a point has arrived when the last of its parcels has. May be repeated.
    """
    known = await tracking.tracking_of(tx, [package.id for package in taken])
    told = {package.id: tell_package(known[package.id]) for package in taken}
    moved = [package for package in taken if told[package.id].state != packages.state_in(package)]
    if moved:
        await packages.set_package_states(tx, {package.id: told[package.id].state for package in moved})
        await _tell_orders(tx, moved, told, actor=actor, now=now)
    await _settle(tx, taken, told, now=now)
    there = [package for package in taken if any(event.kind is TrackingKind.AT_POINT for event in known[package.id])]
    if there:
        await _arrive(tx, there, actor=actor, now=now)
    return told


async def _tell_orders(
    tx: WriteTx, moved: Sequence[Row], told: Mapping[UUID, ToldPackage], *, actor: str, now: datetime
) -> None:
    entries = [
        (
            package.order_id,
            _TOLD[told[package.id].state.status],
            {"carrier": package.carrier, "trackingNumber": package.tracking_number},
        )
        for package in moved
        if told[package.id].state.status in _TOLD
        and (told[package.id].state.status, told[package.id].state.attempts) != (package.status, package.attempts)
    ]
    if entries:
        await tell_orders(tx, entries, actor=actor, now=now)


async def _settle(tx: WriteTx, taken: Sequence[Row], told: Mapping[UUID, ToldPackage], *, now: datetime) -> None:
    """Open a case for each problem, and close those of problems that went away."""
    opened: list[CaseDraft] = []
    solved: list[tuple[CaseKind, tuple[str, str]]] = []
    for package in taken:
        after = told[package.id]
        subject = ("PACKAGE", str(package.id))
        causes = {CaseKind(problem): keys for problem, keys in after.causes.items()}
        solved += [(kind, subject) for kind in _KINDS if kind not in causes]
        facts: dict[str, Any] = {
            "carrier": package.carrier,
            "trackingNumber": package.tracking_number,
            "status": str(after.state.status),
        }
        opened += [
            CaseDraft(kind, subject, package.location_id, package.partner_id, package.order_id, facts, keys)
            for kind, keys in sorted(causes.items())
        ]
    await settle_cases(tx, opened, solved, now=now)


async def _arrive(tx: WriteTx, there: Sequence[Row], *, actor: str, now: datetime) -> None:
    """Report, as a point would, that all parcels of a pickup are there."""
    arrived = await tracking.arrivals_of(tx, sorted({package.delivery_id for package in there}))
    locked = await pickups.lock_pickups(tx, arrived)
    at_points = [pickup for pickup in locked.values() if pickup.mode in POINT_MODES]
    if not at_points:
        return
    policies = await policies_of(tx, {pickup.location_id for pickup in at_points})
    new: list[reports.NewReport] = []
    for pickup in at_points:
        at, policy = arrived[pickup.id], policies[pickup.location_id]
        report = Report(
            "",
            ReportKind.ARRIVED,
            at,
            is_collectable=policy.is_ready_on_arrival,
            hold_until=policy.hold_until(at),
        )
        key = f"{pickup.id} {at.isoformat()}"
        new.append(reports.NewReport(_REPORTER, key, pickup.id, actor, report, None, b""))
    await reports.insert_reports(tx, new, now=now)
    await follow_reports(tx, at_points, actor=actor, now=now)
