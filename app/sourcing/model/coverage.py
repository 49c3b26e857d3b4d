"""How a delivery mode, at one point, covers the lines that a buyer wants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.inventory.model.selling import Terms, offer
from app.locations.model import Place
from app.sourcing.model.modes import DeliveryMode, sources_of
from app.sourcing.model.plan import Available, SourceLine


class Coverage(StrEnum):
    """Where the units for a line would come from. From best to worst."""

    FULL_NOW = "FULL_NOW"
    SHIPPED_TO_POINT = "SHIPPED_TO_POINT"
    AFTER_TRANSFER = "AFTER_TRANSFER"
    AFTER_ARRIVAL = "AFTER_ARRIVAL"
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


def usable_units(
    mode: DeliveryMode | None, places: Iterable[Place], available: Available, terms: Mapping[int, Terms] | None = None
) -> dict[int, int]:
    """Units per variant that can serve a mode, over all places. Only variants with at least one.

    terms: by variant id, of those that are sold by rules.
    """
    sources = [place.id for place in sources_of(mode, places)]
    known, ruled = set(sources), terms or {}
    units: dict[int, int] = {}
    for (variant_id, location_id), count in available.items():
        if count > 0 and location_id in known and variant_id not in ruled:
            units[variant_id] = units.get(variant_id, 0) + count
    for variant_id, one in ruled.items():
        if (found := offer(available, variant_id, sources, one).units) > 0:
            units[variant_id] = found
    return units


def coverage(
    lines: Iterable[SourceLine],
    mode: DeliveryMode,
    point: Place | None,
    usable: Mapping[int, int],
    available: Available,
    *,
    terms: Mapping[int, Terms] | None = None,
) -> list[LineCoverage]:
    """How each line is covered at `point` (None: at the buyer's home). Lines have distinct variants.

    usable: units per variant that serve the mode, from `usable_units`. terms: by variant id, of those that are sold by
    rules. A bundle is collected only where a store has all of it.
    """
    covered: list[LineCoverage] = []
    for line in lines:
        units = usable.get(line.variant_id, 0)
        here = max(available.get((line.variant_id, point.id), 0), 0) if point is not None else 0
        one = (terms or {}).get(line.variant_id)
        room = 0
        if one is not None:
            room = one.rule.room(one.today) if one.rule is not None else 0
            here = 0 if point is None else min(offer(available, line.variant_id, (point.id,), one).units, units)
            if one.parts and mode is DeliveryMode.STORE_PICKUP:
                units = here
        state = _state(line.quantity, mode, here, units, room)
        covered.append(LineCoverage(line.line_no, line.variant_id, line.quantity, units, here, state))
    return covered


def _state(wanted: int, mode: DeliveryMode, here: int, units: int, room: int) -> Coverage:
    """room: units that may be sold before they have arrived."""
    if mode is DeliveryMode.STORE_PICKUP and here >= wanted:
        return Coverage.FULL_NOW
    if units < wanted:
        return Coverage.AFTER_ARRIVAL if room >= wanted else Coverage.SHORT
    return Coverage.AFTER_TRANSFER if mode is DeliveryMode.STORE_PICKUP else Coverage.SHIPPED_TO_POINT


def worst_coverage(coverages: Iterable[Coverage]) -> Coverage:
    """The coverage of all lines together; FULL_NOW without any."""
    order = list(Coverage)
    return max(coverages, key=order.index, default=Coverage.FULL_NOW)
