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
    stocked = _stocked(needs, places_ranked, available)
    masks = [0] * len(places_ranked)
    coverable = 0
    for bit, (variant_id, need) in enumerate(needs.items()):
        for index, units in stocked[variant_id].items():
            if units >= need:
                masks[index] |= 1 << bit
                coverable |= 1 << bit
    chosen = smallest_cover(masks, coverable)
    plans: dict[int, tuple[int, ...]] = {}
    for bit, (variant_id, need) in enumerate(needs.items()):
        first = next((index for index in chosen if masks[index] >> bit & 1), None)
        found = _candidates(stocked[variant_id], need, first=first, chosen=chosen) or range(len(places_ranked))[:1]
        plans[variant_id] = tuple(places_ranked[index].id for index in found)
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
    stocked = _stocked(needs, others, available)
    sent = plan_sources([line for line in lines if line.variant_id not in local], others, available)
    plans: dict[int, tuple[int, ...]] = {}
    for line in lines:
        variant_id, need = line.variant_id, needs[line.variant_id]
        if variant_id in local:
            behind = _candidates(stocked[variant_id], need)
            plans[line.line_no] = (store.id, *(others[index].id for index in behind))
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


def _units(available: Available, variant_id: int, place: Place) -> int:
    return max(available.get((variant_id, place.id), 0), 0)


def _stocked(variant_ids: Iterable[int], places: Sequence[Place], available: Available) -> dict[int, dict[int, int]]:
    """For each variant the units by index of the place, where there are any.

    `available` may be far larger than the question (an import plans order by order) or far smaller (a cart
    asks for rare goods among all stores), so it is either looked up or walked through.
    """
    stocked: dict[int, dict[int, int]] = {variant_id: {} for variant_id in variant_ids}
    if len(available) < len(stocked) * len(places):
        positions = {place.id: index for index, place in enumerate(places)}
        for (variant_id, location_id), units in available.items():
            if units > 0 and variant_id in stocked and location_id in positions:
                stocked[variant_id][positions[location_id]] = units
        return stocked
    for variant_id, found in stocked.items():
        for index, place in enumerate(places):
            units = available.get((variant_id, place.id), 0)
            if units > 0:
                found[index] = units
    return stocked


def _candidates(
    units: Mapping[int, int], need: int, *, first: int | None = NONE_OF_THESE, chosen: Sequence[int] = ()
) -> list[int]:
    """The indexes of the places with any units, best first.

    units: by index. first, chosen: indexes of the place that is to serve it (None: no single one can) and
    of all that the plan uses.
    """

    def by_fallback(index: int) -> tuple[bool, bool, bool, int]:
        return (index != first, units[index] < need, index not in chosen, index)

    def by_size(index: int) -> tuple[int, bool, int]:
        return (-units[index], index not in chosen, index)

    return sorted(units, key=by_size if first is None else by_fallback)
