"""What points report of pickups, and what follows from it; see `folding`. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.fulfillment.model.folding import ReportEffect, fold
from app.fulfillment.model.pickups import (
    POINT_PICKUP,
    PickupExpiryReason,
    PickupState,
    PickupStatus,
    PickupStep,
    may_expire,
)


class ReportKind(StrEnum):
    """What can be reported of a pickup whose parcels have left. Of two at one instant, the upper comes first."""

    CODE_TOLD = "CODE_TOLD"
    ARRIVED = "ARRIVED"
    READY = "READY"
    BLOCKED = "BLOCKED"
    EXTENDED = "EXTENDED"
    REMINDED = "REMINDED"
    EXPIRED = "EXPIRED"
    RETURN_SENT = "RETURN_SENT"
    COLLECTED = "COLLECTED"
    RETURN_RECEIVED = "RETURN_RECEIVED"


class PickupProblem(StrEnum):
    """What a person should look at, because the reports do not go together."""

    CONTRADICTORY_REPORTS = "CONTRADICTORY_REPORTS"
    EXPIRED_TOO_EARLY = "EXPIRED_TOO_EARLY"
    BLOCKED_AT_POINT = "BLOCKED_AT_POINT"
    REPORTED_BEFORE_SHIPMENT = "REPORTED_BEFORE_SHIPMENT"


_STEPS: Final = {
    ReportKind.CODE_TOLD: PickupStep.TELL_CODE,
    ReportKind.ARRIVED: PickupStep.ARRIVE,
    ReportKind.READY: PickupStep.MAKE_READY,
    ReportKind.BLOCKED: PickupStep.BLOCK,
    ReportKind.EXTENDED: PickupStep.EXTEND,
    ReportKind.REMINDED: PickupStep.REMIND,
    ReportKind.EXPIRED: PickupStep.EXPIRE,
    ReportKind.RETURN_SENT: PickupStep.SEND_BACK,
    ReportKind.COLLECTED: PickupStep.COLLECT,
    ReportKind.RETURN_RECEIVED: PickupStep.TAKE_BACK,
}
_ORDER: Final = {kind: place for place, kind in enumerate(ReportKind)}
# Only the shop itself says so.
OWN_KINDS: Final = frozenset({ReportKind.REMINDED, ReportKind.RETURN_RECEIVED})
# By these a carrier's numbers can be told.
CODE_KINDS: Final = frozenset({ReportKind.CODE_TOLD, ReportKind.ARRIVED, ReportKind.READY})
# Goods can be where they lie longer than planned, but not with two people.
_OF_NO_CONSEQUENCE: Final = frozenset({ReportKind.CODE_TOLD, ReportKind.EXTENDED, ReportKind.REMINDED})


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that happened to a pickup. All instants are UTC.

    key: who reported it, and under which name; unique. occurred_at: when it happened, by the clock of who reports.
    is_collectable: goods that have arrived can be collected without another report. hold_until: until when the goods
    are kept from then on; for REMINDED the end that it was about. reason: of EXPIRED (a PickupExpiryReason), BLOCKED
    and RETURN_SENT. slip_number, sealed_number: what the carrier gave out, of CODE_KINDS.
    """

    key: str
    kind: ReportKind
    occurred_at: datetime
    is_collectable: bool = False
    hold_until: datetime | None = None
    reason: str | None = None
    compartment: str | None = None
    return_tracking_number: str | None = None
    slip_number: str | None = None
    sealed_number: bytes | None = field(default=None, repr=False)

    @property
    def place(self) -> tuple[datetime, int, str]:
        """Where it stands among the others of its pickup."""
        return self.occurred_at, _ORDER[self.kind], self.key

    def step_of(self, state: PickupState) -> PickupStep:
        """What happened to a pickup that was like this. What is there, and whose code is known, can be collected."""
        knows_code = (self.sealed_number or state.sealed_number) is not None
        if self.kind is ReportKind.ARRIVED and (self.is_collectable or knows_code):
            return PickupStep.MAKE_READY
        if self.kind is ReportKind.CODE_TOLD and knows_code and _waits_for_code(state):
            return PickupStep.MAKE_READY
        return _STEPS[self.kind]


def _waits_for_code(state: PickupState) -> bool:
    """Whether goods are there that nothing but their code keeps from being collected."""
    return state.status is PickupStatus.ARRIVED and state.reason is None


@dataclass(frozen=True, slots=True)
class Told:
    """What all reports of a pickup come to. causes: of each problem, the reports that make it one, by their keys.

    effects: by the key of the report.
    """

    state: PickupState
    causes: Mapping[PickupProblem, frozenset[str]]
    effects: dict[str, ReportEffect]

    @property
    def problems(self) -> frozenset[PickupProblem]:
        """What a person should look at."""
        return frozenset(self.causes)


_SENT: Final = PickupState(PickupStatus.IN_TRANSIT_TO_POINT)


def tell(reports: Iterable[Report]) -> Told:
    """What all reports of a pickup whose parcels have left come to, and what each of them does to it.

    Reports that those before them do not allow are set aside. They are a problem for a person unless they are of no
    consequence.
    """
    rows = list(reports)
    # What is back in the house was not collected, whatever anybody says.
    is_back = any(report.kind is ReportKind.RETURN_RECEIVED for report in rows)

    def follow(state: PickupState, report: Report) -> PickupState | None:
        return None if is_back and report.kind is ReportKind.COLLECTED else _next(state, report)

    told = fold(_SENT, rows, follow)
    causes = {
        PickupProblem.CONTRADICTORY_REPORTS: frozenset(
            report.key
            for state, report in told.aside
            if report.kind not in _OF_NO_CONSEQUENCE and not _repeats(state, report)
        )
    }
    # That a number was told after it does not make it any better that goods were given up.
    moves = [report for report in rows if report.kind is not ReportKind.CODE_TOLD]
    last = told.last if len(moves) == len(rows) else fold(_SENT, moves, follow).last
    if last is not None and _is_too_early(*last):
        causes[PickupProblem.EXPIRED_TOO_EARLY] = frozenset({last[1].key})
    if told.state.status is PickupStatus.ARRIVED and told.state.reason is not None:
        blocked = [row for row in rows if row.kind is ReportKind.BLOCKED]
        blocked = [row for row in blocked if told.effects[row.key] is not ReportEffect.SET_ASIDE]
        causes[PickupProblem.BLOCKED_AT_POINT] = frozenset({max(blocked, key=lambda row: row.place).key})
    return Told(told.state, {problem: keys for problem, keys in causes.items() if keys}, told.effects)


def _repeats(state: PickupState, report: Report) -> bool:
    """Whether a report that changes nothing says what is known: goods that are on their way back have expired, too."""
    return _SAID.get(report.kind) == state.status or (
        report.kind is ReportKind.EXPIRED and state.status in {PickupStatus.RETURNING, PickupStatus.RETURNED}
    )


_HERE: Final = frozenset({PickupStatus.ARRIVED, PickupStatus.READY, PickupStatus.EXPIRING})
_SAID: Final = {
    ReportKind.EXPIRED: PickupStatus.EXPIRED,
    ReportKind.RETURN_SENT: PickupStatus.RETURNING,
    ReportKind.COLLECTED: PickupStatus.COLLECTED,
    ReportKind.RETURN_RECEIVED: PickupStatus.RETURNED,
}


def _next(state: PickupState, report: Report) -> PickupState | None:
    """The state after a report; None when it changes nothing."""
    possible = POINT_PICKUP.steps[report.step_of(state)].get(state.status)
    if possible is None or (report.kind is ReportKind.REMINDED and report.hold_until != state.hold_until):
        return None
    after = _EFFECTS[report.kind](possible[0], state, report)
    slip, sealed = report.slip_number or state.slip_number, report.sealed_number or state.sealed_number
    if (slip, sealed) == (after.slip_number, after.sealed_number):
        return after
    return replace(after, slip_number=slip, sealed_number=sealed)


def _blocked(status: PickupStatus, before: PickupState, report: Report) -> PickupState:
    arrived_at = before.arrived_at or report.occurred_at
    reason = report.reason or PickupExpiryReason.POINT_FAULT
    refused_at = None if before.is_inside else report.occurred_at
    return replace(before, status=status, arrived_at=arrived_at, ready_at=None, reason=reason, refused_at=refused_at)


def _expired(status: PickupStatus, before: PickupState, report: Report) -> PickupState:
    return replace(before, status=status, expired_at=report.occurred_at, reason=report.reason)


def _sent_back(status: PickupStatus, before: PickupState, report: Report) -> PickupState:
    reason, number = report.reason or before.reason, report.return_tracking_number
    return replace(before, status=status, returning_at=report.occurred_at, reason=reason, return_tracking_number=number)


def _arrived(status: PickupStatus, before: PickupState, report: Report) -> PickupState:
    """The goods are at a point, for the first time or again. A repeated report may name the compartment."""
    at = report.occurred_at
    is_here = before.status in _HERE
    is_kept = is_here and before.ready_at is not None
    ready_at = before.ready_at if is_kept else at
    return PickupState(
        status=status,
        arrived_at=before.arrived_at if is_here else at,
        ready_at=None if status is PickupStatus.ARRIVED else ready_at,
        hold_until=before.hold_until if is_kept else report.hold_until,
        reason=before.reason if status is PickupStatus.ARRIVED and is_here else None,
        compartment=report.compartment or (before.compartment if is_here else None),
        is_inside=True,
    )


def _code_told(status: PickupStatus, before: PickupState, report: Report) -> PickupState:
    """The goods are kept for as long as if it had been known at once: storage days begin with the arrival."""
    is_ready = status is PickupStatus.READY is not before.status
    return replace(before, status=status, ready_at=report.occurred_at if is_ready else before.ready_at)


def _collected(status: PickupStatus, before: PickupState, report: Report) -> PickupState:
    """Whatever was thought to have become of the goods did not."""
    at = report.occurred_at
    return PickupState(
        status=status,
        arrived_at=before.arrived_at or at,
        ready_at=before.ready_at or at,
        hold_until=before.hold_until or at,
        collected_at=at,
        compartment=before.compartment,
    )


_EFFECTS: Final[Mapping[ReportKind, Callable[[PickupStatus, PickupState, Report], PickupState]]] = {
    ReportKind.CODE_TOLD: _code_told,
    ReportKind.ARRIVED: _arrived,
    ReportKind.READY: _arrived,
    ReportKind.BLOCKED: _blocked,
    ReportKind.EXTENDED: lambda status, before, report: replace(before, status=status, hold_until=report.hold_until),
    ReportKind.REMINDED: lambda status, before, _: replace(before, status=status),
    ReportKind.EXPIRED: _expired,
    ReportKind.RETURN_SENT: _sent_back,
    ReportKind.COLLECTED: _collected,
    ReportKind.RETURN_RECEIVED: lambda status, before, report: replace(
        before, status=status, returned_at=report.occurred_at
    ),
}


def _is_too_early(state: PickupState, report: Report) -> bool:
    if report.kind is not ReportKind.EXPIRED or state.hold_until is None:
        return False
    reason = PickupExpiryReason(report.reason or PickupExpiryReason.HOLD_ENDED)
    return not may_expire(reason, state.hold_until, report.occurred_at)
