"""What the lines of a cart want from the inventory: units, and the places that may give them, best first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.inventory.model import Demand
from app.inventory.model.selling import Terms
from app.locations.model import Place, Point, rank_places
from app.sourcing.model import (
    Available,
    DeliveryMode,
    SourceLine,
    plan_pickup,
    plan_sources,
    sources_of,
    sources_of_terms,
)


def sources_for(
    lines: Sequence[SourceLine],
    *,
    mode: DeliveryMode | None,
    point: Place | None,
    origin: Point | None,
    places: Mapping[int, Place],
    available: Available,
) -> dict[int, tuple[int, ...]]:
    """For each line number of one delivery the location ids that may serve it, best first.

    mode: None while nobody has said how the lines are handed over. point: the store or partner's point of a pickup;
    origin: where the address of a home delivery lies. Parcels, also those to a partner's point, come from the places
    nearest to where they go.
    """
    near = origin if point is None else point.point
    ranked = [place for place, _ in rank_places(sources_of(mode, places.values()), near)]
    if mode is DeliveryMode.STORE_PICKUP and point is not None:
        return plan_pickup(lines, point, ranked, available)
    return plan_sources(lines, ranked, available)


def demands_of(
    lines: Sequence[Any],
    deliveries: Iterable[Any],
    *,
    places: Mapping[int, Place],
    origins: Mapping[str, Point],
    available: Available,
    terms: Mapping[int, Terms] | None = None,
) -> tuple[Demand, ...]:
    """What a cart wants from the inventory; the number of a line is its place in the cart, from 1.

    lines and deliveries: rows of the cart. A line without a delivery may come from every place that holds stock. terms:
    by variant id, of those that are sold by rules.
    """
    ruled = terms or {}
    numbered = list(enumerate(lines, start=1))
    candidates: dict[int, tuple[int, ...]] = {}
    for delivery in (*deliveries, None):
        mode = None if delivery is None else DeliveryMode(delivery.mode)
        point = None if delivery is None else delivery.location_id
        address = None if delivery is None else delivery.address
        wanted = [
            SourceLine(line_no, line.variant_id, line.quantity)
            for line_no, line in numbered
            if line.delivery_id == (None if delivery is None else delivery.id)
        ]
        if not wanted:
            continue
        candidates |= sources_for(
            wanted,
            mode=mode,
            point=None if point is None else places.get(point),
            origin=None if address is None else origins.get(address["postal_code"]),
            places=places,
            available=available,
        )
        for line in wanted:
            if (one := ruled.get(line.variant_id)) is not None:
                served = sources_of_terms(mode, point, places.values(), one)
                candidates[line.line_no] = _by_terms(candidates.get(line.line_no, ()), served, one)
    return tuple(
        Demand(
            line_no,
            line.variant_id,
            line.quantity,
            candidates.get(line_no, ()),
            may_split=True,
            terms=ruled.get(line.variant_id),
        )
        for line_no, line in numbered
    )


def _by_terms(candidates: tuple[int, ...], served: tuple[int, ...], terms: Terms) -> tuple[int, ...]:
    """The places that may serve a line that is sold by rules: also those that have nothing yet, where it may wait."""
    known = tuple(place for place in candidates if place in served)
    return known if terms.rule is None and not terms.parts else tuple(dict.fromkeys((*known, *served)))
