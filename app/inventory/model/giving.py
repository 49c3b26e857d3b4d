"""Rules of units that a place had promised to an order and does not give. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.inventory.model import Movement, MovementKind, StockLine
from app.inventory.model.corrections import Promise
from app.inventory.model.states import StockState, state_movements


@dataclass(frozen=True, slots=True)
class GivenUp:
    """units: of the order's line; with component: of that component of a bundle, whole bundles of which are given up.

    missing_of: the variant that is not there, if the stock is wrong: so many units of it are taken off, or set aside
    when they are damaged.
    """

    line_no: int
    location_id: int
    units: int
    component: int | None = None
    missing_of: int | None = None
    is_damaged: bool = False


def bundles_of(line: GivenUp, parts: Sequence[Promise]) -> int:
    """Units of the order's line that are given up of these promises: what the line holds at its place, at most."""
    if not parts:
        return 0
    held = min(one.quantity // max(one.each, 1) for one in parts)
    named = next((one for one in parts if one.variant_id == line.component), None)
    units = line.units if named is None else -(-line.units // max(named.each, 1))
    return min(units, held)


def choose_given(parts: Sequence[Promise], units: int) -> list[Promise]:
    """What ends of a line's promises at a place: so many units of the line, each with all that it is made of."""
    return [replace(one, quantity=units * max(one.each, 1)) for one in parts] if units else []


def movements_of(line: GivenUp, reason: str | None) -> list[Movement]:
    """What the ledger says of units that are missing."""
    if line.missing_of is None:
        return []
    if line.is_damaged:
        lost = StockLine(line.missing_of, line.location_id, line.units)
        return [
            replace(movement, reason=reason)
            for movement in state_movements(lost, StockState.SELLABLE, StockState.DAMAGED)
        ]
    return [Movement(line.missing_of, line.location_id, MovementKind.ADJUSTED, on_hand=-line.units, reason=reason)]
