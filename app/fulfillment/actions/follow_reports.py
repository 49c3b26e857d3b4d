"""Pickups at points become what all of their reports together say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.fulfillment.actions.collect_at_points import collect_at_points
from app.fulfillment.actions.follow_lockers import follow_lockers
from app.fulfillment.actions.move_pickup import move_pickup, write_pickups
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.model.codes import was_verified
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.pickups import HoldPolicy, PickupState, PickupStatus, PickupStep
from app.fulfillment.model.reports import PickupProblem, Report, ReportKind, Told, tell
from app.fulfillment.sql import deliveries, pickups, reports, work
from app.fulfillment.sql.policies import policies_of
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.model import OrderHistoryKind

_TOLD: Final = {
    PickupStatus.ARRIVED: OrderHistoryKind.PICKUP_ARRIVED,
    PickupStatus.READY: OrderHistoryKind.PICKUP_ARRIVED,
    PickupStatus.EXPIRING: OrderHistoryKind.PICKUP_EXPIRING,
    PickupStatus.COLLECTED: OrderHistoryKind.PICKUP_COLLECTED,
    PickupStatus.EXPIRED: OrderHistoryKind.PICKUP_EXPIRED,
    PickupStatus.RETURNING: OrderHistoryKind.PICKUP_RETURNING,
    PickupStatus.RETURNED: OrderHistoryKind.PICKUP_RETURNED,
}

_THERE: Final = frozenset({PickupStatus.ARRIVED, PickupStatus.READY})


async def follow_reports(tx: WriteTx, taken: Sequence[Row], *, actor: str, now: datetime) -> dict[UUID, Told]:
    """Bring locked pickups to what their reports say, by id; their orders are locked, too.

    Nothing follows from reports of parcels that have not left as far as is known: they wait until they have. What was
    collected counts as fulfilled; what does not go together becomes a case. Tests of partners give nobody work. May be
    repeated.
    """
    known = await reports.reports_of(tx, [pickup.id for pickup in taken])
    told = {pickup.id: _told(pickup, known[pickup.id]) for pickup in taken}
    # Also where nothing moved: what a locker did not take is known from the reports alone.
    await follow_lockers(tx, [(pickup, told[pickup.id].state) for pickup in taken], now=now)
    moved = [pickup for pickup in taken if told[pickup.id].state != pickups.state_in(pickup)]
    if moved:
        await write_pickups(tx, {pickup.id: told[pickup.id].state for pickup in moved})
        lines = {row.id: (_kind(row, told[row.id].state), _facts(row, told[row.id])) for row in moved}
        collected = {
            pickup.id: pickup
            for pickup in moved
            if PickupStatus.COLLECTED == told[pickup.id].state.status != pickup.status  # once, whenever it was
        }
        others = [(row.order_id, *lines[row.id]) for row in moved if row.id not in collected]
        await tell_orders(tx, others, actor=actor, now=now)
        await collect_at_points(tx, list(collected.values()), lines, actor=actor, now=now)
        await _end_drop_offs(tx, moved, told, actor=actor, now=now)
        await _expect_back(tx, moved, told, now=now)
    await _settle(tx, [pickup for pickup in taken if not pickup.is_sandbox], told, now=now)
    return told


async def _end_drop_offs(
    tx: WriteTx, moved: Sequence[Row], told: Mapping[UUID, Told], *, actor: str, now: datetime
) -> None:
    """Goods that are at their point have been put there."""
    states = {row.id: told[row.id].state for row in moved}
    arrived = [key for key, state in states.items() if state.status in _THERE and not state.reason]
    if arrived:
        await work.finish_work(tx, arrived, [WorkKind.LOCKER_DROP_OFF], actor=actor, now=now)


async def _expect_back(tx: WriteTx, moved: Sequence[Row], told: Mapping[UUID, Told], *, now: datetime) -> None:
    """Somebody looks at goods that come back; nobody at those that do not, after all."""
    back = [
        row for row in moved if told[row.id].state.status is PickupStatus.RETURNING != row.status and not row.is_sandbox
    ]
    stopped = [
        row.id
        for row in moved
        if row.status == PickupStatus.RETURNING
        and told[row.id].state.status not in {PickupStatus.RETURNING, PickupStatus.RETURNED}
    ]
    if stopped:
        await work.cancel_work(tx, stopped, [WorkKind.RETURN_INSPECT])
    if back:
        sources = await deliveries.sources_of(tx, [row.delivery_id for row in back])
        kind, status = WorkKind.RETURN_INSPECT, WorkStatus.OPEN
        inspections = [
            work.NewWork(kind, sources[row.delivery_id], status, row.order_id, pickup_id=row.id) for row in back
        ]
        await work.insert_work(tx, inspections, now=now)


async def send_pickup(tx: WriteTx, pickup: Row, *, now: datetime) -> None:
    """The last parcel to a point has left; what was reported before that counts from now on. The order is locked."""
    await move_pickup(tx, pickup, PickupStep.SEND, now=now)
    taken = await pickups.lock_pickups(tx, [pickup.id])
    await follow_reports(tx, list(taken.values()), actor=SYSTEM.reference, now=now)


def _told(pickup: Row, known: Sequence[Report]) -> Told:
    if pickup.status not in {PickupStatus.REQUESTED, PickupStatus.PREPARING, PickupStatus.CANCELED}:
        return tell(known)
    state = pickups.state_in(pickup)
    # A carrier may give its numbers out with the label, of parcels that never leave, too.
    early = frozenset(report.key for report in known if report.kind is not ReportKind.CODE_TOLD)
    if pickup.status == PickupStatus.CANCELED:
        causes = {PickupProblem.CONTRADICTORY_REPORTS: early} if early else {}
        return Told(state, causes, {report.key: ReportEffect.SET_ASIDE for report in known})
    causes = {PickupProblem.REPORTED_BEFORE_SHIPMENT: early} if early else {}
    return Told(state, causes, {report.key: ReportEffect.PENDING for report in known})


def _kind(pickup: Row, state: PickupState) -> OrderHistoryKind:
    if state.status is PickupStatus.ARRIVED and state.reason is not None:
        return OrderHistoryKind.PICKUP_BLOCKED
    before = pickups.state_in(pickup)
    if state.status == before.status or before.status is PickupStatus.EXPIRING:
        if state.hold_until != before.hold_until and state.status is PickupStatus.READY:
            return OrderHistoryKind.PICKUP_EXTENDED
        if state.status == before.status:
            return OrderHistoryKind.PICKUP_CHANGED
    return _TOLD[state.status]


def _facts(pickup: Row, told: Told) -> dict[str, Any]:
    state = told.state
    facts: dict[str, Any] = {"pickup": pickup.number, "status": str(state.status)}
    if state.hold_until is not None:
        facts["holdUntil"] = state.hold_until.isoformat()
    if state.reason is not None:
        facts["reason"] = state.reason
    before = pickups.state_in(pickup)
    if (state.slip_number, state.sealed_number) != (before.slip_number, before.sealed_number):
        facts["carrierCode"] = True  # that it is there; the order's page shows it
    return facts


async def _settle(tx: WriteTx, taken: Sequence[Row], told: Mapping[UUID, Told], *, now: datetime) -> None:
    """Open a case for each problem, and close those of problems that went away."""
    if not taken:
        return
    opened: list[CaseDraft] = []
    solved: list[tuple[CaseKind, tuple[str, str]]] = []
    collected = {pickup.location_id for pickup in taken if told[pickup.id].state.collected_at is not None}
    policies = await policies_of(tx, collected) if collected else {}
    disputed = [row.delivery_id for row in taken if _is_disputed(told[row.id])]
    goods = await deliveries.returned_goods(tx, disputed) if disputed else {}
    for pickup in taken:
        after = told[pickup.id]
        causes = {CaseKind(problem): keys for problem, keys in after.causes.items()}
        state = after.state
        if _lacks_code(pickup, state, policies):
            causes[CaseKind.COLLECTED_WITHOUT_CODE] = frozenset({f"collected {state.collected_at}"})
        subject = ("PICKUP", str(pickup.id))
        solved += [(kind, subject) for kind in _KINDS if kind not in causes]
        facts: dict[str, Any] = {"pickup": pickup.number, "status": str(state.status), "reason": state.reason}
        if pickup.delivery_id in goods:
            back = goods[pickup.delivery_id]
            facts |= {"goods": back.goods, "locations": back.places}
            facts |= {"amountMinor": back.amount_minor, "currency": back.currency}
        opened += [
            CaseDraft(kind, subject, pickup.location_id, pickup.partner_id, pickup.order_id, facts, keys)
            for kind, keys in sorted(causes.items())
        ]
    await settle_cases(tx, opened, solved, now=now)


def _is_disputed(told: Told) -> bool:
    """Whether a point says something else of goods that are back in the house."""
    return told.state.status is PickupStatus.RETURNED and bool(told.problems)


def _lacks_code(pickup: Row, state: PickupState, policies: Mapping[int, HoldPolicy]) -> bool:
    """Whether goods were given away though nobody had said the shop's code. Carriers check their own."""
    if state.collected_at is None or policies[pickup.location_id].asks_own_code:
        return False
    return not was_verified(pickup.verified_at, state.collected_at)


# Whatever is reported, the point has said something.
_KINDS: Final = (
    *(CaseKind(problem) for problem in PickupProblem),
    CaseKind.COLLECTED_WITHOUT_CODE,
    CaseKind.NOT_REPORTED_IN_TIME,
)
