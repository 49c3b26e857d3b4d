"""Rules of sourcing. No I/O.

`modes`: which goods a delivery mode takes and which places serve it. `coverage`: how it covers a buyer's
lines. `plan`: which locations send them.
"""

from app.sourcing.model.coverage import Coverage, LineCoverage, coverage, usable_units, worst_coverage
from app.sourcing.model.modes import (
    PARCEL_LIMITS,
    POINT_KINDS,
    DeliveryMode,
    Goods,
    IneligibleReason,
    ParcelLimits,
    Reason,
    ineligible_reasons,
    is_point_of,
    mixed_reasons,
    sources_of,
    sources_of_terms,
)
from app.sourcing.model.plan import Available, SourceLine, plan_pickup, plan_sources

__all__ = [
    "PARCEL_LIMITS",
    "POINT_KINDS",
    "Available",
    "Coverage",
    "DeliveryMode",
    "Goods",
    "IneligibleReason",
    "LineCoverage",
    "ParcelLimits",
    "Reason",
    "SourceLine",
    "coverage",
    "ineligible_reasons",
    "is_point_of",
    "mixed_reasons",
    "plan_pickup",
    "plan_sources",
    "sources_of",
    "sources_of_terms",
    "usable_units",
    "worst_coverage",
]
