"""The plan of sources: the fewest splits first, then the nearest places.

`available` maps (variant id, location id) to units that may be promised; a missing pair has none. It is an
unlocked look at the stock, so each line gets fall-backs behind its chosen place: who locks the stock goes
along the list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.locations.model import Place
from app.sourcing.model.cover import smallest_cover

Available: TypeAlias = Mapping[tuple[int, int], int]
NONE_OF_THESE: Final = -1


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Units of a variant that are wanted, at least one. line_no: the caller's number of the line, unique."""

    line_no: int
    variant_id: int
    quantity: int


def plan_sources(
    lines: Sequence[SourceLine], places_ranked: Sequence[Place], available: Available
) -> dict[int, tuple[int, ...]]:
    """For each line number the location ids that may serve it, best first.

    places_ranked: the places that may serve these lines, nearest first. The first candidates of all lines
    together are as few places as possible (one place that has everything wins, the nearest of these), then
    the nearest. Behind the chosen place follow the others that have any units: those that have enough first,
    then by distance. Lines that no single place can serve begin with the largest parts. Lines of one variant
    are planned together. A line of which nobody has a unit keeps the nearest place, where the shortage is
    then found; without places there are none.
    """
    needs = _needs(lines)
    masks = [_mask(needs, place, available) for place in places_ranked]
    coverable = 0
    for mask in masks:
        coverable |= mask
    chosen = smallest_cover(masks, coverable)
    plans: dict[int, tuple[int, ...]] = {}
    for bit, (variant_id, units) in enumerate(needs.items()):
        first = next((index for index in chosen if masks[index] >> bit & 1), None)
        found = _candidates(variant_id, units, places_ranked, available, first=first, chosen=chosen)
        plans[variant_id] = found or tuple(place.id for place in places_ranked[:1])
    return {line.line_no: plans[line.variant_id] for line in lines}


def plan_pickup(
    lines: Sequence[SourceLine], store: Place, others_ranked: Sequence[Place], available: Available
) -> dict[int, tuple[int, ...]]:
    """For each line number the location ids that may serve a pickup at `store`, best first.

    The store comes first where it has all units of the line. Else other places send them to it:
    `others_ranked`, nearest to the store first, as few of them as possible. Where no other place has enough,
    the store's own units come first, because they need not travel. `store` may stand in `others_ranked`; it
    is passed over there.
    """
    others = [place for place in others_ranked if place.id != store.id]
    needs = _needs(lines)
    at_store = {variant_id: _units(available, variant_id, store) if store.holds_stock else 0 for variant_id in needs}
    local = {variant_id for variant_id, units in needs.items() if at_store[variant_id] >= units}
    sent = plan_sources([line for line in lines if line.variant_id not in local], others, available)
    plans: dict[int, tuple[int, ...]] = {}
    for line in lines:
        variant_id, need = line.variant_id, needs[line.variant_id]
        if variant_id in local:
            plans[line.line_no] = (store.id, *_candidates(variant_id, need, others, available))
            continue
        ids = sent[line.line_no]
        if not at_store[variant_id]:
            plans[line.line_no] = ids or (store.id,)
            continue
        one_has_all = bool(ids) and available.get((variant_id, ids[0]), 0) >= need
        plans[line.line_no] = (*ids, store.id) if one_has_all else (store.id, *ids)
    return plans


def _needs(lines: Iterable[SourceLine]) -> dict[int, int]:
    """Units per variant, in the order of the lines."""
    needs: dict[int, int] = {}
    for line in lines:
        needs[line.variant_id] = needs.get(line.variant_id, 0) + line.quantity
    return needs


def _mask(needs: Mapping[int, int], place: Place, available: Available) -> int:
    """One bit per variant, in the order of `needs`: set where the place has all units."""
    return sum(
        1 << bit for bit, (variant_id, need) in enumerate(needs.items()) if _units(available, variant_id, place) >= need
    )


def _units(available: Available, variant_id: int, place: Place) -> int:
    return max(available.get((variant_id, place.id), 0), 0)


def _candidates(
    variant_id: int,
    need: int,
    places: Sequence[Place],
    available: Available,
    *,
    first: int | None = NONE_OF_THESE,
    chosen: Sequence[int] = (),
) -> tuple[int, ...]:
    """The ids of the places with any units of a variant, best first.

    first, chosen: indexes of the place that is to serve it (None: no single one can) and of all that the plan
    uses.
    """
    units = [_units(available, variant_id, place) for place in places]

    def by_fallback(index: int) -> tuple[bool, bool, bool, int]:
        return (index != first, units[index] < need, index not in chosen, index)

    def by_size(index: int) -> tuple[int, bool, int]:
        return (-units[index], index not in chosen, index)

    stocked = [index for index, count in enumerate(units) if count]
    ordered = sorted(stocked, key=by_size) if first is None else sorted(stocked, key=by_fallback)
    return tuple(places[index].id for index in ordered)
