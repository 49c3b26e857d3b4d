"""The life of a compartment of a locker."""

from enum import StrEnum
from typing import Final

from app.kit.machine import Machine


class CompartmentStatus(StrEnum):
    """What a compartment is now. RESERVED: nothing is in it, and it is planned for at least one delivery."""

    FREE = "FREE"
    RESERVED = "RESERVED"
    OCCUPIED = "OCCUPIED"
    EXPIRED = "EXPIRED"
    FAULTED = "FAULTED"


class CompartmentStep(StrEnum):
    """What can happen to a compartment."""

    RESERVE = "RESERVE"
    DROP_OFF = "DROP_OFF"
    EXPIRE = "EXPIRE"
    EXTEND = "EXTEND"
    RELEASE = "RELEASE"
    FAULT = "FAULT"
    REPAIR = "REPAIR"


class ReservationState(StrEnum):
    """What a reservation is. UNPLACED: the delivery needs a compartment, and its station has none for it."""

    PLANNED = "PLANNED"
    UNPLACED = "UNPLACED"
    OCCUPYING = "OCCUPYING"
    OVERDUE = "OVERDUE"
    ENDED = "ENDED"


INSIDE: Final = frozenset({ReservationState.OCCUPYING, ReservationState.OVERDUE})
LIVE: Final = frozenset({ReservationState.PLANNED, ReservationState.UNPLACED, *INSIDE})

_State = CompartmentStatus
_Step = CompartmentStep
_BROKEN: Final = {_State.FAULTED: (_State.FAULTED,)}

# A compartment that is occupied now may be planned for others later, and what is broken takes nothing new, but may
# still have goods in it.
COMPARTMENT: Final = Machine(
    "compartment",
    (_State.FREE,),
    {
        _Step.RESERVE: {
            _State.FREE: (_State.RESERVED,),
            **{state: (state,) for state in (_State.RESERVED, _State.OCCUPIED, _State.EXPIRED)},
        },
        _Step.DROP_OFF: {
            **dict.fromkeys((_State.FREE, _State.RESERVED, _State.OCCUPIED, _State.EXPIRED), (_State.OCCUPIED,)),
            **_BROKEN,
        },
        _Step.EXPIRE: {**dict.fromkeys((_State.OCCUPIED, _State.EXPIRED), (_State.EXPIRED,)), **_BROKEN},
        _Step.EXTEND: {_State.EXPIRED: (_State.OCCUPIED,), **_BROKEN},
        _Step.RELEASE: {
            _State.RESERVED: (_State.FREE, _State.RESERVED),
            _State.OCCUPIED: (_State.FREE, _State.RESERVED, _State.OCCUPIED),
            _State.EXPIRED: (_State.FREE, _State.RESERVED, _State.EXPIRED),
            **_BROKEN,
        },
        _Step.FAULT: dict.fromkeys(_State, (_State.FAULTED,)),
        _Step.REPAIR: {_State.FAULTED: (_State.FREE, _State.RESERVED, _State.OCCUPIED, _State.EXPIRED)},
    },
)
