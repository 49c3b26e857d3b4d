"""How a delivery mode, at one point, covers the lines that a buyer wants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.locations.model import Place
from app.sourcing.model.modes import DeliveryMode, sources_of
from app.sourcing.model.plan import Available, SourceLine


class Coverage(StrEnum):
    """Where the units for a line would come from. From best to worst."""

    FULL_NOW = "FULL_NOW"
    SHIPPED_TO_POINT = "SHIPPED_TO_POINT"
    AFTER_TRANSFER = "AFTER_TRANSFER"
    SHORT = "SHORT"


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """How a mode, at one point, covers one line.

    available: units that can serve the line there, at most those of all usable places. available_here: units
    at the point itself.
    """

    line_no: int
    variant_id: int
    requested: int
    available: int
    available_here: int
    coverage: Coverage


def usable_units(mode: DeliveryMode | None, places: Iterable[Place], available: Available) -> dict[int, int]:
    """Units per variant that can serve a mode, over all places. Only variants with at least one."""
    sources = {place.id for place in sources_of(mode, places)}
    units: dict[int, int] = {}
    for (variant_id, location_id), count in available.items():
        if count > 0 and location_id in sources:
            units[variant_id] = units.get(variant_id, 0) + count
    return units


def coverage(
    lines: Iterable[SourceLine],
    mode: DeliveryMode,
    point: Place | None,
    usable: Mapping[int, int],
    available: Available,
) -> list[LineCoverage]:
    """How each line is covered at `point` (None: at the buyer's home). Lines have distinct variants.

    usable: units per variant that serve the mode, from `usable_units`.
    """
    covered: list[LineCoverage] = []
    for line in lines:
        units = usable.get(line.variant_id, 0)
        here = max(available.get((line.variant_id, point.id), 0), 0) if point is not None else 0
        if mode is DeliveryMode.STORE_PICKUP and here >= line.quantity:
            state = Coverage.FULL_NOW
        elif units < line.quantity:
            state = Coverage.SHORT
        elif mode is DeliveryMode.STORE_PICKUP:
            state = Coverage.AFTER_TRANSFER
        else:
            state = Coverage.SHIPPED_TO_POINT
        covered.append(LineCoverage(line.line_no, line.variant_id, line.quantity, units, here, state))
    return covered


def worst_coverage(coverages: Iterable[Coverage]) -> Coverage:
    """The coverage of all lines together; FULL_NOW without any."""
    order = list(Coverage)
    return max(coverages, key=order.index, default=Coverage.FULL_NOW)
