"""What happened, taken in the order in which it happened: the one idea behind all reports from outside. Pure.

Reports come late, twice, in any order, and contradict each other. So none of them moves anything: each is kept, and
what an object is follows from all of them together, by when things happened and not when they were heard of. Whatever
the order of their arrival, the same reports lead to the same state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar


class ReportEffect(StrEnum):
    """What a report does to its object, as far as all reports that are known show."""

    APPLIED = "APPLIED"
    SUPERSEDED = "SUPERSEDED"
    SET_ASIDE = "SET_ASIDE"
    PENDING = "PENDING"


class Reported(Protocol):
    """Something that happened. key: unique among the reports of one object."""

    @property
    def key(self) -> str:
        """Who reported it, and under which name."""
        ...

    @property
    def place(self) -> tuple[datetime, int, str]:
        """Where it stands among the others of its object."""
        ...


StateT = TypeVar("StateT")
ReportT = TypeVar("ReportT", bound=Reported)


@dataclass(slots=True)
class Folded(Generic[StateT, ReportT]):
    """What reports come to. effects: by the key of the report.

    last: the report that made the state what it is, with the state before it; None when there is none. aside: those
    that the ones before them did not allow, each with the state that it met.
    """

    state: StateT
    last: tuple[StateT, ReportT] | None = None
    aside: list[tuple[StateT, ReportT]] = field(default_factory=list[tuple[StateT, ReportT]])
    effects: dict[str, ReportEffect] = field(default_factory=dict[str, ReportEffect])


def fold(
    start: StateT, reports: Iterable[ReportT], follow: Callable[[StateT, ReportT], StateT | None]
) -> Folded[StateT, ReportT]:
    """Take reports in their places. follow: the state after one, or None when it changes nothing."""
    told = Folded[StateT, ReportT](start)
    for report in sorted(reports, key=lambda one: one.place):
        after = follow(told.state, report)
        if after is None:
            told.effects[report.key] = ReportEffect.SET_ASIDE
            told.aside.append((told.state, report))
            continue
        if told.last is not None:
            told.effects[told.last[1].key] = ReportEffect.SUPERSEDED
        told.effects[report.key] = ReportEffect.APPLIED
        told.last = (told.state, report)
        told.state = after
    return told
