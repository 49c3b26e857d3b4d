"""Who gets what: requests for units, decided first come first served. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from app.inventory.model import Ahead, Claim, Demand, HoldRequest, Shortage, Verdict
from app.inventory.model.selling import WAITING, Offer, Rules, SellingRule, StockKey, needs_of, offer

Own: TypeAlias = Mapping[UUID, Mapping[StockKey, int]]
"""Units that owners have reserved, by owner."""


def decide(
    available: Mapping[StockKey, int],
    requests: Sequence[HoldRequest],
    rules: Rules | None = None,
    own: Own | None = None,
) -> list[Verdict]:
    """Who gets what: first come, first served; a later small request may pass where a bigger one failed.

    available: units per (variant_id, location_id), missing ones 0, below 0 where more is kept off sale than there is;
    rules: of the variants with queues, by variant id; own: what is reserved for those whom requests adopt. All read
    under the lock of their rows. A demand that is not covered from the shelves waits as a whole where its rule has room
    for it. What a request adopts is its own, whatever queues and shares leave of the rest; once it gets anything, what
    it does not need of that is free for those after it.
    """
    left = _Left(dict(available), dict(rules or {}))
    reserved = own or {}
    return [
        _decide_one(left, request, dict(reserved.get(request.adopts, {})) if request.adopts is not None else {})
        for request in requests
    ]


def units_of(claims: Iterable[Claim]) -> Counter[StockKey]:
    """Claimed units by stock row."""
    units: Counter[StockKey] = Counter()
    for claim in claims:
        units[claim.variant_id, claim.location_id] += claim.quantity
    return units


def keys_of(requests: Iterable[HoldRequest]) -> set[StockKey]:
    """The stock rows that could serve requests; for bundles those of their components."""
    return {
        (variant_id, place)
        for request in requests
        for demand in request.demands
        for variant_id, _ in needs_of(demand.variant_id, demand.terms)
        for place in demand.candidates
    }


@dataclass(slots=True)
class _Left:
    """What the requests before have left."""

    levels: dict[StockKey, int]
    rules: dict[int, SellingRule]
    taken: list[tuple[StockKey, int]] = field(default_factory=list[tuple[StockKey, int]])
    """By the present request, in case it gets nothing after all."""

    def take(self, claims: Sequence[Claim], mine: dict[StockKey, int]) -> None:
        """Count claims as taken: first from what is the request's own."""
        for claim in claims:
            key = (claim.variant_id, claim.location_id)
            if claim.location_id == WAITING:
                self._wait(claim.variant_id, claim.quantity)
                self.taken.append((key, claim.quantity))
                continue
            adopted = min(mine.get(key, 0), claim.quantity)
            if adopted:
                mine[key] -= adopted
            if claim.quantity > adopted:
                self.levels[key] = self.levels.get(key, 0) - (claim.quantity - adopted)
                self.taken.append((key, claim.quantity - adopted))

    def give_back(self) -> None:
        """All that the present request has taken of others' units."""
        for key, units in self.taken:
            if key[1] == WAITING:
                self._wait(key[0], -units)
            else:
                self.levels[key] += units

    def free(self, mine: Mapping[StockKey, int]) -> None:
        """What a request does not need of its own."""
        for key, units in mine.items():
            if units:
                self.levels[key] = self.levels.get(key, 0) + units

    def _wait(self, variant_id: int, units: int) -> None:
        rule = self.rules[variant_id]
        self.rules[variant_id] = replace(rule, waiting=rule.waiting + units)


def _decide_one(left: _Left, request: HoldRequest, mine: dict[StockKey, int]) -> Verdict:
    claims: list[Claim] = []
    shortages: list[Shortage] = []
    left.taken.clear()
    for demand in request.demands:
        found = offer(left.levels, demand.variant_id, demand.candidates, demand.terms, left.rules, own=mine)
        taken = _take(found, demand)
        units = sum(taken.values())
        room = 0 if request.ahead is Ahead.REFUSE else found.room
        if units < demand.quantity <= room:
            if request.ahead is Ahead.SKIP:
                continue
            taken, units = {WAITING: demand.quantity}, demand.quantity
        if units < demand.quantity:
            here = found.units if demand.may_split else max(found.by_place.values(), default=0)
            shortages.append(Shortage(demand.line_no, demand.variant_id, demand.quantity, max(here, room)))
        own = _claims(demand, taken)
        left.take(own, mine)
        claims += own
    if shortages and not request.partial:
        left.give_back()
        claims = []
    if claims:
        left.free(mine)
    return Verdict(tuple(claims), tuple(shortages))


def _take(found: Offer, demand: Demand) -> dict[int, int]:
    """Units of one line by place, as many as the offer allows, from the best places first."""
    offered = found.by_place
    if not demand.may_split:
        whole = next((place for place, units in offered.items() if units >= demand.quantity), None)
        best = whole if whole is not None else max(offered, key=lambda place: offered[place], default=None)
        offered = {} if best is None else {best: offered[best]}
    taken: dict[int, int] = {}
    missing = min(demand.quantity, found.units)
    for place, units in offered.items():
        if missing == 0:
            break
        taken[place] = min(units, missing)
        missing -= taken[place]
    return taken


def _claims(demand: Demand, taken: Mapping[int, int]) -> list[Claim]:
    """The claims on stock that units of a line are made of: of a bundle, those on its components."""
    return [
        Claim(demand.line_no, variant_id, place, units * each)
        for place, units in taken.items()
        for variant_id, each in needs_of(demand.variant_id, demand.terms)
    ]
