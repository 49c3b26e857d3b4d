"""How a variant is sold: from the shelves, ahead of them, as a bundle of others, and what a channel leaves. Pure.

`offer` is the one definition of what can be bought now: what is shown, what a cart may hope for and what a hold is
granted under the lock are all its result.
"""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

StockKey: TypeAlias = tuple[int, int]
"""(variant_id, location_id)."""
WAITING: Final = 0
"""Stands for a location where units are claimed that nobody has yet. No location has this id."""
NO_STOCK_OF_ITS_OWN: Final = "A bundle has no stock of its own: give that of its components."
NO_SAFETY_OF_ITS_OWN: Final = "A bundle has no stock of its own to keep off sale: keep units of its components."

SHOP_ZONE: Final = ZoneInfo("Asia/Tokyo")
"""Promised days and releases begin at midnight there."""
_ALL: Final = 100


class SellingPolicy(StrEnum):
    """Whether units are sold that have not arrived."""

    ON_HAND_ONLY = "ON_HAND_ONLY"
    BACKORDER = "BACKORDER"
    PREORDER = "PREORDER"


def selling_day(now: datetime) -> date:
    """The day that counts for promises and releases. now: UTC."""
    return now.replace(tzinfo=now.tzinfo or UTC).astimezone(SHOP_ZONE).date()


@dataclass(frozen=True, slots=True)
class SellingRule:
    """A variant's rule and its queue. limit: units that may wait at a time; waiting: units that do.

    promised_on: the day by which backordered units are promised, or the release of a preorder.
    """

    policy: SellingPolicy = SellingPolicy.ON_HAND_ONLY
    limit: int = 0
    waiting: int = 0
    promised_on: date | None = None

    def sells_on_hand(self, today: date) -> bool:
        """Whether units on the shelves may be sold: not before the release of a preorder."""
        return self.policy is not SellingPolicy.PREORDER or self.promised_on is None or today >= self.promised_on

    def room(self, today: date) -> int:
        """Units that may still be sold ahead. A day that has passed is no promise: then there is none."""
        if self.policy is SellingPolicy.ON_HAND_ONLY or self.promised_on is None:
            return 0
        is_ahead = today < self.promised_on if self.policy is SellingPolicy.PREORDER else today <= self.promised_on
        return max(self.limit - self.waiting, 0) if is_ahead else 0


@dataclass(frozen=True, slots=True)
class Share:
    """What a channel leaves for others of what could be bought: units or percent of it, whichever is more."""

    units: int = 0
    percent: int = 0

    def left_of(self, units: int) -> int:
        """Units that the channel may sell. A part is rounded in favor of the others."""
        return max(units - max(self.units, -(-units * self.percent // _ALL)), 0)


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a bundle. quantity: units of it in one bundle."""

    variant_id: int
    quantity: int
    rule: SellingRule | None = None
    share: Share = field(default_factory=Share)


@dataclass(frozen=True, slots=True)
class Terms:
    """How one variant is sold in one channel on one day. parts: of a bundle, which has no stock of its own."""

    today: date
    rule: SellingRule | None = None
    share: Share = field(default_factory=Share)
    parts: tuple[Part, ...] = ()

    def ruled(self, variant_id: int) -> list[int]:
        """The variants among the own one and the parts that have a queue."""
        own = [variant_id] if self.rule is not None else []
        return own + [part.variant_id for part in self.parts if part.rule is not None]


Rules: TypeAlias = Mapping[int, SellingRule]


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be bought of a variant now. by_place: units that one place alone can give, by location id.

    units: over all places together, after those that wait and what the channel leaves. room: units that may be sold
    ahead.
    """

    by_place: Mapping[int, int]
    units: int
    room: int = 0

    @property
    def best(self) -> int:
        """The most units that one request can get, from the shelves or ahead of them."""
        return max(self.units, self.room)


def needs_of(variant_id: int, terms: Terms | None) -> tuple[tuple[int, int], ...]:
    """(variant, units) whose stock one unit is made of."""
    if terms is None or not terms.parts:
        return ((variant_id, 1),)
    return tuple((part.variant_id, part.quantity) for part in terms.parts)


def offer(
    levels: Mapping[StockKey, int],
    variant_id: int,
    places: Iterable[int],
    terms: Terms | None,
    rules: Rules | None = None,
    *,
    own: Mapping[StockKey, int] | None = None,
) -> Offer:
    """What `places` together can give of a variant.

    levels: available units of single variants by (variant, location). rules: as they are under the lock, instead of
    those that `terms` remember. own: units that are reserved for whoever asks; they come on top, whatever queues and
    shares leave of the others.
    """
    where, mine = list(places), own or {}
    if terms is None:
        plain = _of_one(levels, variant_id, where, mine)
        return Offer(plain, sum(plain.values()))
    known = rules or {}
    rule = known.get(variant_id, terms.rule)
    if terms.parts:
        by_place = whole_bundles(levels, where, terms.parts, mine)
        reserved = whole_bundles({}, where, terms.parts, mine) if mine else {}
        total = _bundles_of_parts(levels, where, terms, known, mine, most=sum(by_place.values()))
    else:
        by_place = _of_one(levels, variant_id, where, mine)
        reserved = _of_one({}, variant_id, where, mine) if mine else {}
        total = sum(by_place.values())
    kept = min(sum(reserved.values()), total)
    free = _after_queue(total - kept, rule, terms.today)
    total = kept + terms.share.left_of(free)
    capped = {
        place: min(units, max(total - kept, 0) + reserved.get(place, 0)) for place, units in by_place.items() if total
    }
    granted = {place: min(units, total) for place, units in capped.items() if units > 0}
    return Offer(granted, total, 0 if rule is None or terms.parts else rule.room(terms.today))


def _after_queue(units: int, rule: SellingRule | None, today: date) -> int:
    """What those who wait leave of free units, on a day on which they may be sold at all."""
    if rule is None:
        return units
    return max(units - rule.waiting, 0) if rule.sells_on_hand(today) else 0


def _of_one(
    levels: Mapping[StockKey, int], variant_id: int, places: Iterable[int], own: Mapping[StockKey, int]
) -> dict[int, int]:
    if not own:
        return {place: units for place in places if (units := levels.get((variant_id, place), 0)) > 0}
    keys = {place: (variant_id, place) for place in places}
    found = {place: max(levels.get(key, 0), 0) + own.get(key, 0) for place, key in keys.items()}
    return {place: units for place, units in found.items() if units > 0}


def _bundles_of_parts(
    levels: Mapping[StockKey, int],
    places: Sequence[int],
    terms: Terms,
    rules: Rules,
    own: Mapping[StockKey, int],
    *,
    most: int,
) -> int:
    """Whole bundles: each comes from one place. Queues and shares of the components count for them, too.

    most: that the places can put together.
    """
    for part in terms.parts:
        free = sum(_of_one(levels, part.variant_id, places, {}).values())
        left = part.share.left_of(_after_queue(free, rules.get(part.variant_id, part.rule), terms.today))
        reserved = sum(own.get((part.variant_id, place), 0) for place in places)
        most = min(most, (left + reserved) // part.quantity)
    return most


def serve(
    at: MutableMapping[int, int], quantity: int, candidates: Iterable[int], *, may_split: bool, may_have: bool
) -> dict[int, int]:
    """Units by place for the next line in a queue, all or none, taken out of `at` (units by place).

    Whoever is not served, because too little is there or it is not their time (may_have), keeps what they could use
    from those behind them.
    """
    offered = {place: units for place in candidates if (units := at.get(place, 0)) > 0}
    if not may_split:
        whole = next((place for place, units in offered.items() if units >= quantity), None)
        best = whole if whole is not None else max(offered, key=lambda place: offered[place], default=None)
        offered = {} if best is None else {best: offered[best]}
    taken: dict[int, int] = {}
    missing = quantity
    for place, units in offered.items():
        if missing == 0:
            break
        taken[place] = min(units, missing)
        missing -= taken[place]
        at[place] -= taken[place]
    return taken if missing == 0 and may_have else {}


def whole_bundles(
    levels: Mapping[StockKey, int],
    places: Iterable[int],
    parts: tuple[Part, ...],
    own: Mapping[StockKey, int] | None = None,
) -> dict[int, int]:
    """How many bundles each place alone could put together, where it could any. own: as for `offer`."""
    found, mine = dict[int, int](), own or {}
    for place in places:
        units = min(
            (max(levels.get((part.variant_id, place), 0), 0) + mine.get((part.variant_id, place), 0)) // part.quantity
            for part in parts
        )
        if units > 0:
            found[place] = units
    return found


def with_own(
    levels: Mapping[StockKey, int], own: Mapping[StockKey, int], terms: Mapping[int, Terms]
) -> Mapping[StockKey, int]:
    """Levels with the units that are reserved for whoever asks; of bundles (in `terms`, by variant) what can be put
    together then.
    """
    if not own:
        return levels
    found = {**levels, **{key: max(levels.get(key, 0), 0) + units for key, units in own.items()}}
    places = {place for _, place in found}
    for variant_id, one in terms.items():
        if one.parts:
            bundles = whole_bundles(found, places, one.parts)
            found |= {(variant_id, place): units for place, units in bundles.items()}
    return found


def rule_of(row: Any) -> SellingRule | None:
    """The rule in a row with policy, limit_units, waiting and promised_on; None where policy is null."""
    if row["policy"] is None:
        return None
    return SellingRule(SellingPolicy(row["policy"]), row["limit_units"], row["waiting"], row["promised_on"])
