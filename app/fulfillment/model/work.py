"""Rules of work instructions: their life, and who may do them. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.fulfillment.errors import UnknownLine, WorkTaken
from app.fulfillment.model import WorkKind, WorkStatus
from app.inventory.errors import InvalidQuantity
from app.inventory.model import MAX_QUANTITY
from app.kit.errors import InvalidInput
from app.kit.machine import Machine
from app.kit.text import is_storable

MAX_NAME: Final = 80
MAX_TEXT: Final = 200
MAX_LINES: Final = 100


class WorkStep(StrEnum):
    """What can become of work.

    UNBLOCK: what it waited for has happened; BLOCK: it has to wait again; REPEAT: what was done is to be done again;
    RECORD: it was done, whatever anybody said of it before; the others are what people do.
    """

    ASSIGN = "ASSIGN"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    COMPLETE = "COMPLETE"
    HOLD = "HOLD"
    RELEASE = "RELEASE"
    REPORT_SHORT = "REPORT_SHORT"
    REJECT = "REJECT"
    SPLIT = "SPLIT"
    MOVE = "MOVE"
    UNBLOCK = "UNBLOCK"
    BLOCK = "BLOCK"
    REPEAT = "REPEAT"
    RECORD = "RECORD"
    CANCEL = "CANCEL"


class ShortReason(StrEnum):
    """Why a location does not give what it is asked for."""

    NOT_IN_STOCK = "NOT_IN_STOCK"
    DAMAGED = "DAMAGED"
    MISMATCH = "MISMATCH"
    DISPLAY_WORN = "DISPLAY_WORN"
    STOLEN = "STOLEN"
    NO_TIME = "NO_TIME"
    CLOSED = "CLOSED"
    OTHER = "OTHER"


_S = WorkStatus
# What says that the stock is wrong. Of the other reasons the units are still there, and stay on sale.
MISSING: Final = frozenset({ShortReason.NOT_IN_STOCK, ShortReason.MISMATCH, ShortReason.STOLEN})
SET_ASIDE: Final = frozenset({ShortReason.DAMAGED, ShortReason.DISPLAY_WORN})
UNFINISHED: Final = (_S.WAITING, _S.OPEN, _S.IN_PROGRESS, _S.ON_HOLD)

WORK: Final = Machine(
    "work instruction",
    (_S.WAITING, _S.OPEN),
    {
        WorkStep.ASSIGN: {
            _S.WAITING: (_S.WAITING,),
            _S.OPEN: (_S.OPEN,),
            # Somebody else has to say that they are at it.
            _S.IN_PROGRESS: (_S.OPEN,),
            _S.ON_HOLD: (_S.ON_HOLD,),
        },
        WorkStep.ACKNOWLEDGE: {_S.OPEN: (_S.IN_PROGRESS,)},
        WorkStep.COMPLETE: {_S.OPEN: (_S.DONE,), _S.IN_PROGRESS: (_S.DONE,)},
        WorkStep.HOLD: dict.fromkeys((_S.WAITING, _S.OPEN, _S.IN_PROGRESS), (_S.ON_HOLD,)),
        WorkStep.RELEASE: {_S.ON_HOLD: (_S.WAITING, _S.OPEN)},
        # WAITING: the missing units are on their way to the store. DONE: the others had left.
        WorkStep.REPORT_SHORT: {
            _S.OPEN: (_S.OPEN, _S.WAITING, _S.DONE, _S.REJECTED),
            _S.IN_PROGRESS: (_S.IN_PROGRESS, _S.WAITING, _S.DONE, _S.REJECTED),
        },
        WorkStep.REJECT: dict.fromkeys((_S.OPEN, _S.IN_PROGRESS), (_S.WAITING, _S.DONE, _S.REJECTED)),
        WorkStep.SPLIT: {_S.OPEN: (_S.OPEN,)},
        WorkStep.MOVE: dict.fromkeys((_S.OPEN, _S.IN_PROGRESS), (_S.DONE, _S.CANCELED)),
        WorkStep.UNBLOCK: {_S.WAITING: (_S.OPEN,), _S.ON_HOLD: (_S.ON_HOLD,)},
        WorkStep.BLOCK: {_S.OPEN: (_S.WAITING,), _S.IN_PROGRESS: (_S.WAITING,), _S.ON_HOLD: (_S.ON_HOLD,)},
        WorkStep.REPEAT: {_S.DONE: (_S.OPEN, _S.WAITING)},
        WorkStep.RECORD: dict.fromkeys(UNFINISHED, (_S.DONE,)),
        WorkStep.CANCEL: dict.fromkeys(UNFINISHED, (_S.CANCELED,)),
    },
)

# What orders and transfers ask for by themselves, and what moves goods and is reported with its facts.
RAISED_BY_ITSELF: Final = frozenset(
    {WorkKind.PICK, WorkKind.SHIP, WorkKind.PREPARE_PICKUP, WorkKind.TRANSFER, WorkKind.RECEIVE}
)
# Kinds whose units can be given up: nothing of them has left yet.
OF_UNITS: Final = frozenset({WorkKind.PICK, WorkKind.PACK, WorkKind.SHIP, WorkKind.PREPARE_PICKUP, WorkKind.TRANSFER})
REPORTED_BY: Final[Mapping[WorkKind, str]] = {
    WorkKind.SHIP: "shipmentCreate",
    WorkKind.TRANSFER: "transferShip",
    WorkKind.RECEIVE: "transferReceive",
}


def resumes_as(status: str) -> WorkStatus:
    """The status that work gets back when it is released, if it is put on hold now."""
    return _S.WAITING if status == _S.WAITING else _S.OPEN


def check_name(name: str | None, *path: str) -> str | None:
    """A person's or device's name, without blanks around it; None for none. Raises InvalidInput."""
    return _check_text(name, MAX_NAME, path)


def check_text(text: str | None, *path: str) -> str | None:
    """A reason or note, without blanks around it; None for an empty one. Raises InvalidInput."""
    return _check_text(text, MAX_TEXT, path)


def check_free_for(assignee: str | None, name: str | None) -> None:
    """Raises WorkTaken when work is assigned to somebody else than `name`."""
    if assignee is not None and assignee != name:
        raise WorkTaken(assignee)


def _check_text(text: str | None, most: int, path: tuple[str, ...]) -> str | None:
    text = (text or "").strip()
    if len(text) > most or not is_storable(text):
        message = f"Up to {most} characters, and none that cannot be kept."
        raise InvalidInput(message, path=list(path))
    return text or None


def check_done(done: Mapping[int, int], asked: Mapping[int, int | None]) -> None:
    """Whether work was done for each of its lines, in units by line number. asked: None: as many as there are.

    Raises UnknownLine for a line that is not there, InvalidQuantity for other units than asked for, and for a line that
    is left out.
    """
    for line_no in sorted(done.keys() - asked.keys()):
        raise UnknownLine(line_no)
    for line_no, units in asked.items():
        found = done.get(line_no)
        if found is None or found < 0 or (units is not None and found != units):
            if units is None:
                message = f"Say how many units of line {line_no} were found."
                raise InvalidQuantity(message, minimum=0, maximum=MAX_QUANTITY)
            message = f"{units} units of line {line_no} are asked for. Report first what is missing."
            raise InvalidQuantity(message, minimum=units, maximum=units)
