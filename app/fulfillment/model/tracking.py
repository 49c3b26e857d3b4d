"""What carriers tell of parcels, and what follows from it; see `folding`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.fulfillment.model.folding import ReportEffect, fold
from app.fulfillment.model.packages import PACKAGE, PackageStatus, TrackingKind

_ORDER: Final = {kind: place for place, kind in enumerate(TrackingKind)}
# Only the shop itself says so.
OWN_KINDS: Final = frozenset({TrackingKind.TAKEN_BACK})
# Scans on the way: that one is missing, or comes from a clock that is wrong, changes nothing for anybody.
_SCANS: Final = frozenset({TrackingKind.HANDED_OVER, TrackingKind.IN_TRANSIT, TrackingKind.OUT_FOR_DELIVERY})
# Neither with the buyer nor on its way to one.
COMING_BACK: Final = frozenset({PackageStatus.REFUSED, PackageStatus.RETURNING, PackageStatus.RETURNED})


class PackageProblem(StrEnum):
    """What a person should look at."""

    CONTRADICTORY_REPORTS = "CONTRADICTORY_REPORTS"
    PARCEL_LOST = "PARCEL_LOST"
    PARCEL_COMES_BACK = "PARCEL_COMES_BACK"


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One thing that happened to a parcel. occurred_at: when, by the clock of who tells it (UTC).

    key: who told it, and under which name; unique. place: where, as the carrier calls it.
    """

    key: str
    kind: TrackingKind
    occurred_at: datetime
    place_name: str | None = None
    note: str | None = None
    return_tracking_number: str | None = None

    @property
    def place(self) -> tuple[datetime, int, str]:
        """Where it stands among the others of its parcel."""
        return self.occurred_at, _ORDER[self.kind], self.key


@dataclass(frozen=True, slots=True)
class PackageState:
    """Where a parcel is, and since when (UTC). attempts: how often nobody was there to take it."""

    status: PackageStatus = PackageStatus.LABELED
    status_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    place_name: str | None = None
    note: str | None = None
    return_tracking_number: str | None = None


@dataclass(frozen=True, slots=True)
class ToldPackage:
    """What all that was told of a parcel comes to.

    causes: of each problem, what makes it one: events by their keys, or the state with its time. effects: by the key of
    the event.
    """

    state: PackageState
    causes: Mapping[PackageProblem, frozenset[str]]
    effects: dict[str, ReportEffect]

    @property
    def problems(self) -> frozenset[PackageProblem]:
        """What a person should look at."""
        return frozenset(self.causes)


def tell_package(events: Iterable[TrackingEvent]) -> ToldPackage:
    """Where a parcel is by all that is known of it. What those before it do not allow is set aside."""
    rows = list(events)
    # What is back in the house was not delivered, whatever anybody says.
    is_back = any(event.kind is TrackingKind.TAKEN_BACK for event in rows)

    def follow(state: PackageState, event: TrackingEvent) -> PackageState | None:
        return None if is_back and event.kind is TrackingKind.DELIVERED else _next(state, event)

    told = fold(PackageState(), rows, follow)
    status = told.state.status
    causes = {
        PackageProblem.CONTRADICTORY_REPORTS: frozenset(
            event.key for state, event in told.aside if event.kind not in _SCANS and event.kind != state.status
        )
    }
    since = frozenset({f"{status} {told.state.status_at}"})
    if status is PackageStatus.LOST:
        causes[PackageProblem.PARCEL_LOST] = since
    if status in COMING_BACK:
        causes[PackageProblem.PARCEL_COMES_BACK] = since
    return ToldPackage(told.state, {problem: keys for problem, keys in causes.items() if keys}, told.effects)


def _next(state: PackageState, event: TrackingEvent) -> PackageState | None:
    """The state after an event; None when it changes nothing."""
    possible = PACKAGE.steps[event.kind].get(state.status)
    if possible is None:
        return None
    [status] = possible
    return replace(
        state,
        status=status,
        status_at=state.status_at if status is state.status is PackageStatus.RETURNING else event.occurred_at,
        delivered_at=event.occurred_at if status is PackageStatus.DELIVERED else None,
        attempts=state.attempts + (event.kind is TrackingKind.DELIVERY_ATTEMPTED),
        place_name=event.place_name,
        note=event.note,
        return_tracking_number=event.return_tracking_number or state.return_tracking_number,
    )
