"""Where the goods of a cart come from, and what has to travel to a store first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.inventory.model import Claim, Demand, TransferLineDraft
from app.inventory.model.selling import WAITING, Terms
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


@dataclass(frozen=True, slots=True)
class PlannedTransfer:
    """Units that have to travel to the store where they are collected."""

    from_location_id: int
    to_location_id: int
    lines: tuple[TransferLineDraft, ...]


def sources_for(
    lines: Sequence[SourceLine],
    *,
    mode: DeliveryMode,
    point: Place | None,
    origin: Point | None,
    places: Mapping[int, Place],
    available: Available,
) -> dict[int, tuple[int, ...]]:
    """For each line number of one delivery the location ids that may serve it, best first.

    point: the store or partner's point of a pickup; origin: where the address of a home delivery lies.
    Parcels, also those to a partner's point, come from the places nearest to where they go.
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

    lines and deliveries: rows of the cart without problems, so each line has a delivery. terms: by variant id, of those
    that are sold by rules.
    """
    ruled = terms or {}
    numbered = list(enumerate(lines, start=1))
    candidates: dict[int, tuple[int, ...]] = {}
    for delivery in deliveries:
        wanted = [
            SourceLine(line_no, line.variant_id, line.quantity)
            for line_no, line in numbered
            if line.delivery_id == delivery.id
        ]
        candidates |= sources_for(
            wanted,
            mode=DeliveryMode(delivery.mode),
            point=None if delivery.location_id is None else places.get(delivery.location_id),
            origin=None if delivery.address is None else origins.get(delivery.address["postal_code"]),
            places=places,
            available=available,
        )
        for line in wanted:
            if (one := ruled.get(line.variant_id)) is not None:
                found = candidates.get(line.line_no, ())
                candidates[line.line_no] = _by_terms(found, one, delivery, places)
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


def _by_terms(candidates: tuple[int, ...], terms: Terms, delivery: Any, places: Mapping[int, Place]) -> tuple[int, ...]:
    """The places that may serve a line that is sold by rules: also those that have nothing yet, where it may wait."""
    served = sources_of_terms(DeliveryMode(delivery.mode), delivery.location_id, places.values(), terms)
    known = tuple(place for place in candidates if place in served)
    return known if terms.rule is None and not terms.parts else tuple(dict.fromkeys((*known, *served)))


def transfers_for(claims: Iterable[Claim], stores: Mapping[int, int]) -> list[PlannedTransfer]:
    """One transfer per store and sending location, for claimed units that are not at their store. Those that wait are
    nowhere.

    stores: by line number, the store where the line is collected; lines that are sent as parcels are not in
    it.
    """
    routes: dict[tuple[int, int], list[TransferLineDraft]] = {}
    for claim in sorted(claims, key=lambda claim: (claim.line_no, claim.location_id)):
        store = stores.get(claim.line_no)
        if store is not None and claim.location_id not in {store, WAITING}:
            routes.setdefault((claim.location_id, store), []).append(
                TransferLineDraft(claim.variant_id, claim.quantity, claim.line_no)
            )
    return [PlannedTransfer(source, store, tuple(lines)) for (source, store), lines in routes.items()]


def stores_of_lines(lines: Iterable[Any], deliveries: Iterable[Any]) -> dict[int, int]:
    """By line number, the own store where the line is collected. lines, deliveries: rows of an order."""
    stores: dict[UUID, int] = {row.id: row.location_id for row in deliveries if row.mode == DeliveryMode.STORE_PICKUP}
    return {line.line_no: stores[line.delivery_id] for line in lines if line.delivery_id in stores}
