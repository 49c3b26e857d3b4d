"""Rules of pick lists: their life, and in which order people walk along the shelves. Pure."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from app.kit.errors import InvalidInput
from app.kit.machine import Machine
from app.kit.text import is_storable

MAX_LABEL: Final = 40
_DIGITS: Final = re.compile(r"\d+")
# More digits than anybody writes on a shelf, so that all numbers are equally long.
_WIDTH: Final = 40


class PickListStatus(StrEnum):
    """Whether somebody still walks with it."""

    OPEN = "OPEN"
    DONE = "DONE"
    CANCELED = "CANCELED"


class PickListStep(StrEnum):
    """What can be done with a pick list. CHANGE: work joins or leaves it."""

    CHANGE = "CHANGE"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"


PICK_LIST: Final = Machine(
    "pick list",
    (PickListStatus.OPEN,),
    {
        PickListStep.CHANGE: {PickListStatus.OPEN: (PickListStatus.OPEN, PickListStatus.CANCELED)},
        PickListStep.COMPLETE: {PickListStatus.OPEN: (PickListStatus.DONE,)},
        PickListStep.CANCEL: {PickListStatus.OPEN: (PickListStatus.CANCELED,)},
    },
)


def check_label(label: str | None, *path: str) -> str | None:
    """A shelf's label without blanks around it; None to take it away. Raises InvalidInput."""
    text = (label or "").strip()
    if len(text) > MAX_LABEL or not text.isprintable() or not is_storable(text):
        message = f"A shelf's label has up to {MAX_LABEL} printable characters."
        raise InvalidInput(message, path=list(path))
    return text or None


def shelf_order(label: str) -> str:
    """What labels are sorted by, character by character: numbers count as numbers, so `A-2` comes before `A-10`, and
    neither case nor width matters.
    """
    text = unicodedata.normalize("NFKC", label).upper()
    return _DIGITS.sub(lambda found: f"{int(found.group()):0{_WIDTH}d}", text)
