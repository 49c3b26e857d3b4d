"""The states that units at a location can be in, and how they pass from one to another. Pure."""

from enum import StrEnum
from typing import Final

from app.inventory.model import Movement, MovementKind, StockLine
from app.kit.errors import InvalidTransition
from app.kit.machine import Machine


class StockState(StrEnum):
    """SELLABLE units are on hand; WRITTEN_OFF ones have left the books; the others are there, but not sold."""

    SELLABLE = "SELLABLE"
    DAMAGED = "DAMAGED"
    QUALITY_CONTROL = "QUALITY_CONTROL"
    DISPLAY = "DISPLAY"
    WRITTEN_OFF = "WRITTEN_OFF"


class StateStep(StrEnum):
    """What can be done with units at a location."""

    MOVE = "MOVE"
    WRITE_OFF = "WRITE_OFF"


_Unit = StockState
SET_ASIDE: Final = (_Unit.DAMAGED, _Unit.QUALITY_CONTROL, _Unit.DISPLAY)
"""The states of units that are there but not sold."""

UNIT: Final = Machine(
    "unit",
    (_Unit.SELLABLE, _Unit.DAMAGED),
    {
        StateStep.MOVE: {
            state: tuple(other for other in (_Unit.SELLABLE, *SET_ASIDE) if other is not state)
            for state in (_Unit.SELLABLE, *SET_ASIDE)
        },
        StateStep.WRITE_OFF: dict.fromkeys((_Unit.SELLABLE, *SET_ASIDE), (_Unit.WRITTEN_OFF,)),
    },
)


def state_movements(line: StockLine, before: StockState, after: StockState) -> list[Movement]:
    """The rows of the ledger by which units pass from one state to another. Raises InvalidTransition."""
    step = StateStep.WRITE_OFF if after is StockState.WRITTEN_OFF else StateStep.MOVE
    if after not in UNIT.check(step, before):
        raise InvalidTransition(f"Units that are {before} cannot become {after}.", current_status=before)
    kind = MovementKind.WRITTEN_OFF if after is StockState.WRITTEN_OFF else MovementKind.STATE_CHANGED
    key, units = (line.variant_id, line.location_id), line.quantity
    if before is StockState.SELLABLE:
        into = {} if after is StockState.WRITTEN_OFF else {"state": after.value, "set_aside": units}
        return [Movement(*key, kind, on_hand=-units, **into)]  # pyright: ignore[reportArgumentType]
    if after is StockState.SELLABLE:
        return [Movement(*key, kind, on_hand=units, state=before.value, set_aside=-units)]
    gone = Movement(*key, kind, state=before.value, set_aside=-units)
    if after is StockState.WRITTEN_OFF:
        return [gone]
    return [gone, Movement(*key, kind, state=after.value, set_aside=units)]
