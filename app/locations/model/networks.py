"""Rules of networks of points."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.kit.temperature import Temperature
from app.locations.errors import InvalidNetwork
from app.locations.model.drafts import MAX_CODE, MAX_NAME


class CountsFrom(StrEnum):
    """Which day is the first one of those for which goods are kept."""

    ARRIVAL_DAY = "ARRIVAL_DAY"
    NEXT_DAY = "NEXT_DAY"


class DayEnds(StrEnum):
    """When the last day of those is over for which goods are kept."""

    MIDNIGHT = "MIDNIGHT"
    CLOSING_TIME = "CLOSING_TIME"


class CodeIssuer(StrEnum):
    """Who makes what buyers show."""

    SHOP = "SHOP"
    CARRIER = "CARRIER"


class SlipCheck(StrEnum):
    """How a slip number proves that it was read right. MOD_7: its last digit is the rest of the others by 7."""

    NONE = "NONE"
    MOD_7 = "MOD_7"


@dataclass(frozen=True, slots=True)
class NetworkDraft:
    """All that is said about a network; saving replaces what was known under the same code.

    names: language to text. hold_days: 1 to 60. reminder_hours: 1 to 240. grace_hours: 0 to 240. extension_days: 0 to
    30.

    slip_digits: how many digits a slip number has, 4 to 20. authentication_digits: how many the authentication number
    has, 1 to 12; 0: there is none. None: not known, so that any number of them is taken. These and slip_check are of
    carriers that issue codes.
    """

    code: str
    names: Mapping[str, str]
    hold_days: int
    counts_from: CountsFrom = CountsFrom.ARRIVAL_DAY
    reminder_hours: int = 24
    grace_hours: int = 24
    extension_days: int = 0
    code_issuer: CodeIssuer = CodeIssuer.SHOP
    slip_digits: int | None = None
    slip_check: SlipCheck = SlipCheck.NONE
    authentication_digits: int | None = None
    day_ends: DayEnds = DayEnds.MIDNIGHT
    temperatures: Collection[Temperature] = (Temperature.AMBIENT,)


MOST_SLIP_DIGITS: Final = 20
MOST_AUTHENTICATION_DIGITS: Final = 12
_RANGES: Final = {
    "hold_days": (1, 60),
    "reminder_hours": (1, 240),
    "grace_hours": (0, 240),
    "extension_days": (0, 30),
    "slip_digits": (4, MOST_SLIP_DIGITS),
    "authentication_digits": (0, MOST_AUTHENTICATION_DIGITS),
}


def check_network(draft: NetworkDraft) -> None:
    """Raise InvalidNetwork unless the draft can be saved."""
    if not 1 <= len(draft.code) <= MAX_CODE or draft.code != draft.code.strip() or not draft.code.isprintable():
        raise InvalidNetwork(f"A network has a code of 1 to {MAX_CODE} characters.", argument="code")
    if not draft.names or not all(name.strip() and len(name) <= MAX_NAME for name in draft.names.values()):
        raise InvalidNetwork("A network has a name in every language that is given.", argument="names")
    for name, (least, most) in _RANGES.items():
        value = getattr(draft, name)
        if value is not None and not least <= value <= most:
            raise InvalidNetwork(f"A number from {least} to {most} is needed here.", argument=name)
    if not draft.temperatures:
        raise InvalidNetwork("Goods wait there in some way.", argument="temperatures")
    if draft.code_issuer is CodeIssuer.SHOP:
        _refuse_numbers(draft)


def _refuse_numbers(draft: NetworkDraft) -> None:
    said = {
        "slip_digits": draft.slip_digits is not None,
        "slip_check": draft.slip_check is not SlipCheck.NONE,
        "authentication_digits": draft.authentication_digits is not None,
    }
    for name, is_said in said.items():
        if is_said:
            raise InvalidNetwork("Only of a carrier that issues codes this can be said.", argument=name)
