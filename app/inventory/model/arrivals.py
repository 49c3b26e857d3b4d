"""What an arrival makes of promises and of the ledger. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.inventory.model import Claim, Movement, MovementKind
from app.inventory.model.states import StockState
from app.inventory.model.transfers import CheckedArrival, DiscrepancyReason, TransferLine

Held: TypeAlias = dict[tuple[int, int, int], int]
"""Units that the owner of a transfer's units holds, by (its line, variant, location)."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The locations that a transfer has to do with."""

    source: int
    transit: int
    destination: int


@dataclass(slots=True)
class Moves:
    """taken: off the owner's holds; given: onto them."""

    taken: list[Claim] = field(default_factory=list[Claim])
    given: list[Claim] = field(default_factory=list[Claim])
    movements: list[Movement] = field(default_factory=list[Movement])


def moves_of(
    lines: Sequence[TransferLine],
    arrival: CheckedArrival,
    unsent: Mapping[int, int],
    held: Held,
    ends: Ends,
    *,
    by_order: bool,
    reason: DiscrepancyReason,
) -> Moves:
    """Sound units use up the promise first, damaged and lost ones what is left of it; `held` is lessened by all.

    unsent: units by line number that are given up at the source.
    """
    moves = Moves()
    for line in lines:
        step = _Line(moves, held, line, ends, (line.order_line_no or 0) if by_order else line.line_no, reason.value)
        step.arrive(arrival.received.get(line.line_no, 0), by_order=by_order)
        step.set_aside(arrival.damaged.get(line.line_no, 0))
        step.lose(arrival.lost.get(line.line_no, 0), is_at_source=reason is DiscrepancyReason.NOT_SENT)
        step.find(arrival.surplus.get(line.line_no, 0))
        step.give_up(unsent.get(line.line_no, 0))
    return moves


@dataclass(slots=True)
class _Line:
    """One line of a transfer on its way into `moves`. owner_line: the line of the owner that the units are for."""

    moves: Moves
    held: Held
    line: TransferLine
    ends: Ends
    owner_line: int
    reason: str

    def arrive(self, units: int, *, by_order: bool) -> None:
        """Sound units, promised as before if they are an order's."""
        if not units:
            return
        kept = self._take(units, self.ends.transit)
        promised = kept if by_order else 0
        self._move(MovementKind.TRANSFERRED_OUT, self.ends.transit, -units, -kept)
        self._move(MovementKind.TRANSFERRED_IN, self.ends.destination, units, promised)
        if promised:
            claim = Claim(self.owner_line, self.line.variant_id, self.ends.destination, promised)
            self.moves.given.append(claim)

    def set_aside(self, units: int) -> None:
        """Damaged ones."""
        if not units:
            return
        self._move(MovementKind.TRANSFERRED_OUT, self.ends.transit, -units, -self._take(units, self.ends.transit))
        damaged = Movement(
            self.line.variant_id,
            self.ends.destination,
            MovementKind.TRANSFERRED_IN,
            state=StockState.DAMAGED.value,
            set_aside=units,
            reason=self.reason,
        )
        self.moves.movements.append(damaged)

    def lose(self, units: int, *, is_at_source: bool) -> None:
        """Units that did not come: they are nowhere, or still where they came from."""
        if not units:
            return
        kept = self._take(units, self.ends.transit)
        kind = MovementKind.TRANSFERRED_OUT if is_at_source else MovementKind.LOST_IN_TRANSIT
        self._move(kind, self.ends.transit, -units, -kept, self.reason)
        if is_at_source:
            self._move(MovementKind.TRANSFERRED_IN, self.ends.source, units, 0, self.reason)

    def find(self, units: int) -> None:
        """Units that nobody has sent."""
        if units:
            self._move(MovementKind.ADJUSTED, self.ends.destination, units, 0, self.reason)

    def give_up(self, units: int) -> None:
        """Promised units that stay at the source, for sale."""
        kept = self._take(units, self.ends.source) if units else 0
        if kept:
            self._move(MovementKind.ALLOCATION_RELEASED, self.ends.source, 0, -kept, self.reason)

    def _take(self, units: int, location_id: int) -> int:
        key = (self.owner_line, self.line.variant_id, location_id)
        kept = min(units, self.held.get(key, 0))
        if kept:
            self.held[key] -= kept
            self.moves.taken.append(Claim(*key, kept))
        return kept

    def _move(
        self, kind: MovementKind, location_id: int, on_hand: int, allocated: int, reason: str | None = None
    ) -> None:
        self.moves.movements.append(
            Movement(self.line.variant_id, location_id, kind, on_hand=on_hand, allocated=allocated, reason=reason)
        )
