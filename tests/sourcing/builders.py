"""Places and lines for the rules of sourcing, without a database."""

from typing import Any

from app.locations.model import LocationKind, Place, Point
from app.sourcing.model import SourceLine

_ABILITIES = {
    LocationKind.EC_WAREHOUSE: (True, True, False),
    LocationKind.STORE: (True, True, True),
    LocationKind.CONVENIENCE_STORE: (False, False, True),
    LocationKind.LOCKER_STATION: (False, False, True),
    LocationKind.CARRIER_OFFICE: (False, False, True),
    LocationKind.IN_TRANSIT: (True, False, False),
}


def place(number: int, kind: str = "STORE", *, near: tuple[float, float] | None = None, **changes: Any) -> Place:
    """A place that can do what its kind can do; near: (latitude, longitude)."""
    holds, ships, hands = _ABILITIES[LocationKind(kind)]
    values: dict[str, Any] = {
        "id": number,
        "code": f"L{number}",
        "kind": LocationKind(kind),
        "point": None if near is None else Point(*near),
        "prefecture": 13,
        "partner_id": None,
        "holds_stock": holds,
        "ships_orders": ships,
        "hands_over": hands,
        "hold_days": 7,
    }
    return Place(**(values | changes))


def wanted(*lines: tuple[int, int]) -> list[SourceLine]:
    """Lines 1, 2, … from (variant id, quantity)."""
    return [SourceLine(number, variant_id, quantity) for number, (variant_id, quantity) in enumerate(lines, 1)]
