"""Rules of count sessions: their life, and when what was counted can be believed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.inventory.errors import CountIncomplete, FourEyesNeeded
from app.inventory.model.corrections import Correction
from app.kit.machine import Machine

MAX_NAMED: Final = 100
"""SKUs that a refusal names at most."""


class CountStatus(StrEnum):
    """Whether people still count."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    CANCELED = "CANCELED"


class CountStep(StrEnum):
    """What can be done with a count session."""

    RECORD = "RECORD"
    REJECT = "REJECT"
    APPROVE = "APPROVE"
    CANCEL = "CANCEL"


_State = CountStatus
_Step = CountStep
COUNT_SESSION: Final = Machine(
    "count session",
    (_State.OPEN,),
    {
        _Step.RECORD: {_State.OPEN: (_State.OPEN,)},
        _Step.REJECT: {_State.OPEN: (_State.OPEN,)},
        _Step.APPROVE: {_State.OPEN: (_State.APPROVED,)},
        _Step.CANCEL: {_State.OPEN: (_State.CANCELED,)},
    },
)


class CountLineState(StrEnum):
    """What is known of a variant in the line's present pass."""

    UNCOUNTED = "UNCOUNTED"
    DISPUTED = "DISPUTED"
    COUNTED = "COUNTED"


@dataclass(frozen=True, slots=True)
class Found:
    """Units that somebody counted of a variant: all that are on hand at the location."""

    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CountLine:
    """A variant in a session.

    least, most: the smallest and the largest difference (counted less what the ledger said at that moment) among the
    last words of all who counted it in its present pass; None before anybody has.
    """

    variant_id: int
    sku: str
    least: int | None
    most: int | None

    @property
    def state(self) -> CountLineState:
        """Whether everybody who counted it found the same."""
        if self.least is None:
            return CountLineState.UNCOUNTED
        return CountLineState.COUNTED if self.least == self.most else CountLineState.DISPUTED


def check_complete(lines: Sequence[CountLine]) -> None:
    """Raises CountIncomplete unless there are lines, and all of them were counted without a dispute."""
    uncounted = [line.sku for line in lines if line.state is CountLineState.UNCOUNTED]
    disputed = [line.sku for line in lines if line.state is CountLineState.DISPUTED]
    if uncounted or disputed or not lines:
        raise CountIncomplete(
            f"Of {len(lines)} lines {len(uncounted)} were not counted, and {len(disputed)} are disputed.",
            uncounted=uncounted[:MAX_NAMED],
            disputed=disputed[:MAX_NAMED],
        )


def check_four_eyes(approver: str, counters: Sequence[str]) -> None:
    """Raises FourEyesNeeded when the approver is among those who counted, in whatever pass."""
    if approver in counters:
        raise FourEyesNeeded("Whoever has counted cannot approve: somebody else has to.", counted_by=sorted(counters))


def corrections_of(lines: Sequence[CountLine], location_id: int) -> list[Correction]:
    """What the ledger is wrong by. Differences, not quantities: what has moved since the count stays moved."""
    return [Correction(line.variant_id, location_id, delta=line.least) for line in lines if line.least]
