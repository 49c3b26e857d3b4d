"""Which promises other places can keep, when their units are not there. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

from app.inventory.model import Ahead, Claim, Demand, HoldRequest
from app.inventory.model.corrections import LineAt, OwnerLine, Promise
from app.inventory.model.decisions import decide
from app.inventory.model.selling import SellingRule, StockKey


@dataclass(slots=True)
class Moved:
    """promises: what each loses at its place, and where these units come from now. left: units that are still short."""

    left: dict[StockKey, int]
    promises: list[Promise] = field(default_factory=list[Promise])


def choose_moved(
    short: Mapping[StockKey, int],
    youngest_first: Iterable[Promise],
    demands: Mapping[OwnerLine, Demand],
    free: Mapping[StockKey, int],
    *,
    of_line: Mapping[LineAt, Sequence[Promise]] = MappingProxyType({}),
    rules: Mapping[int, SellingRule] = MappingProxyType({}),
) -> Moved:
    """Let other places keep as many of the missing units as they can, those of the youngest promises first.

    demands: by line, which places may serve it, and how it is sold; a line that is not there stays where it is. free:
    units that can be promised, by stock row. of_line: all components of bundles at a place, which move bundle by
    bundle. rules: of the variants with queues.
    """
    moved, room, gone = Moved(dict(short)), {**free, **dict.fromkeys(short, 0)}, dict[tuple[LineAt, int], int]()
    for promise in youngest_first:
        demand = demands.get((promise.owner_id, promise.line_no))
        need = moved.left.get(promise.key, 0)
        if need <= 0 or demand is None:
            continue
        parts = {one.variant_id: one for one in of_line.get(promise.line, ())} if promise.each else {}
        parts.setdefault(promise.variant_id, promise)
        each = max(promise.each, 1)
        there = promise.quantity - gone.get((promise.line, promise.variant_id), 0)
        units = min(-(-need // each), there // each)
        if units <= 0:
            continue
        for claim in _served(replace(demand, quantity=units), room, rules):
            part = parts[claim.variant_id]
            room[claim.variant_id, claim.location_id] -= claim.quantity
            lost = (part.line, part.variant_id)
            gone[lost] = gone.get(lost, 0) + claim.quantity
            if part.key in moved.left:
                moved.left[part.key] -= claim.quantity
            moved.promises.append(replace(part, quantity=claim.quantity, moved_to=claim.location_id))
    return moved


def _served(demand: Demand, room: Mapping[StockKey, int], rules: Mapping[int, SellingRule]) -> Sequence[Claim]:
    """What there is of a demand, now: units that have not arrived do not replace any that were there."""
    request = HoldRequest("", UUID(int=0), (demand,), partial=True, ahead=Ahead.REFUSE)
    [verdict] = decide(room, [request], rules)
    return verdict.claims
