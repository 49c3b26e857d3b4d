"""Rules of corrections: what a row of them makes of a stock row, and which promises it may break. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from app.inventory.errors import InsufficientStock, QuantityConflict
from app.inventory.model import HoldState, OwnerKind, check_quantity
from app.inventory.model.selling import NO_STOCK_OF_ITS_OWN, StockKey
from app.kit.errors import DomainError, InvalidInput, NotFound

LineAt: TypeAlias = tuple[UUID, int, int]
"""An owner's line at a location."""
OwnerLine: TypeAlias = tuple[UUID, int]
"""An owner's line, wherever its units are."""


class AdjustmentReason(StrEnum):
    """Why the units on hand are others than the ledger said."""

    CORRECTION = "CORRECTION"
    COUNT = "COUNT"
    DAMAGE = "DAMAGE"
    LOSS = "LOSS"
    THEFT = "THEFT"
    FOUND = "FOUND"
    MISMATCH = "MISMATCH"
    FEED_BASELINE = "FEED_BASELINE"


class PromisePolicy(StrEnum):
    """What becomes of promises that fewer units cannot keep."""

    KEEP = "KEEP"
    BREAK_YOUNGEST = "BREAK_YOUNGEST"
    RESOURCE_YOUNGEST = "RESOURCE_YOUNGEST"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, when and by whom stock is corrected, for the ledger. now: UTC."""

    kind: str
    id: UUID
    actor: str
    now: datetime
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """One stock row's: `delta` units more or fewer, or `quantity` units in all; one of both is given.

    expected: units on hand that the caller believes in.
    """

    variant_id: int
    location_id: int
    delta: int | None = None
    quantity: int | None = None
    expected: int | None = None

    @property
    def key(self) -> StockKey:
        """The stock row's."""
        return self.variant_id, self.location_id


@dataclass(frozen=True, slots=True)
class Level:
    """The counters of a locked stock row."""

    on_hand: int
    promised: int


@dataclass(frozen=True, slots=True)
class Promise:
    """Units that are held for somebody. state: R reserved, A allocated.

    each: units that one unit of the owner's line is made of, where that is a bundle; 0 elsewhere. moved_to: the
    location that keeps it instead; None: as it stands, or nobody does.
    """

    owner_kind: str
    owner_id: UUID
    line_no: int
    variant_id: int
    location_id: int
    quantity: int
    state: str
    each: int = 0
    moved_to: int | None = None

    @property
    def key(self) -> StockKey:
        """The stock row's."""
        return self.variant_id, self.location_id

    @property
    def line(self) -> LineAt:
        """What a bundle's components are held for together."""
        return self.owner_id, self.line_no, self.location_id

    @property
    def line_units(self) -> int:
        """Units of the owner's line: bundles, of which these may be a part."""
        return -(-self.quantity // max(self.each, 1))

    @property
    def is_whole(self) -> bool:
        """Whether it ends with all other promises to its owner: half a reservation or half a transfer is none."""
        return self.state == HoldState.RESERVED or self.owner_kind == OwnerKind.TRANSFER


@dataclass(slots=True)
class Corrected:
    """What corrections come to. results: for each the units on hand then, or why not.

    deltas: changes of the units on hand by correction that is accepted. short: promised units by stock row that will
    not be there any more.
    """

    results: list[int | DomainError] = field(default_factory=list[int | DomainError])
    deltas: list[tuple[Correction, int]] = field(default_factory=list[tuple[Correction, int]])
    short: dict[StockKey, int] = field(default_factory=dict[StockKey, int])


def correct(
    levels: Mapping[StockKey, Level],
    corrections: Sequence[Correction],
    policy: PromisePolicy,
    bundles: Collection[int] = (),
) -> Corrected:
    """Decide about corrections in their order; the second of one stock row sees what the first left.

    bundles: variants among them that have no units of their own.
    """
    found = Corrected()
    on_hand = {key: level.on_hand for key, level in levels.items()}
    for correction in corrections:
        try:
            delta = _delta(levels, on_hand, correction, policy)
            if delta and correction.variant_id in bundles:
                raise InvalidInput(NO_STOCK_OF_ITS_OWN)
        except DomainError as refusal:
            found.results.append(refusal)
            continue
        key = correction.key
        on_hand[key] += delta
        found.results.append(on_hand[key])
        if delta:
            found.deltas.append((correction, delta))
    found.short = {key: level.promised - on_hand[key] for key, level in levels.items() if level.promised > on_hand[key]}
    return found


def _delta(
    levels: Mapping[StockKey, Level], on_hand: Mapping[StockKey, int], correction: Correction, policy: PromisePolicy
) -> int:
    if correction.key not in levels:
        raise NotFound("There is no such variant, or the location holds no stock.")
    current = on_hand[correction.key]
    if correction.expected is not None and correction.expected != current:
        raise QuantityConflict(
            f"There are {current} units on hand, not {correction.expected}.", current_quantity=current
        )
    if correction.quantity is not None:
        delta = check_quantity(correction.quantity, minimum=0) - current
    else:
        delta = correction.delta or 0
        check_quantity(abs(delta))
    free = current - (levels[correction.key].promised if policy is PromisePolicy.KEEP else 0)
    if delta < 0 and -delta > free:
        promised = current - free
        raise InsufficientStock(
            f"{max(free, 0)} of {-delta} units can be taken off; {promised} of {current} are promised.",
            requested=-delta,
            available=max(free, 0),
            variant_id=correction.variant_id,
        )
    return delta


def choose_broken(
    short: Mapping[StockKey, int],
    youngest_first: Sequence[Promise],
    of_owner: Mapping[UUID, Sequence[Promise]],
    of_line: Mapping[LineAt, Sequence[Promise]] = MappingProxyType({}),
) -> list[Promise] | None:
    """The promises that end, each once with all the units that it loses; None when these are too few.

    youngest_first: promises on the short stock rows, in the order in which they end. of_owner: all promises to those
    owners who lose all of them at once. of_line: all components of bundles, which are lost bundle by bundle. An owner
    or a bundle that is not there is left alone.
    """
    left, broken, gone = dict(short), dict[tuple[LineAt, int], Promise](), set[UUID]()
    for promise in youngest_first:
        need = left.get(promise.key, 0)
        if need <= 0 or promise.owner_id in gone:
            continue
        if promise.is_whole:
            taken = of_owner.get(promise.owner_id, ())
            gone |= {one.owner_id for one in taken}
        elif promise.each:
            bundles = -(-need // promise.each)
            taken = [_part(one, bundles * one.each, broken) for one in of_line.get(promise.line, ())]
        else:
            taken = [_part(promise, need, broken)]
        for one in taken:
            before = broken.get((one.line, one.variant_id))
            broken[one.line, one.variant_id] = one if before is None else _sum(before, one)
            if one.key in left:
                left[one.key] -= one.quantity
    ended = [promise for promise in broken.values() if promise.quantity]
    return None if any(units > 0 for units in left.values()) else ended


def _part(promise: Promise, units: int, broken: Mapping[tuple[LineAt, int], Promise]) -> Promise:
    """So many units of it, as far as it has not lost them already."""
    lost = broken.get((promise.line, promise.variant_id))
    return replace(promise, quantity=min(units, promise.quantity - (lost.quantity if lost else 0)))


def _sum(before: Promise, more: Promise) -> Promise:
    return replace(before, quantity=before.quantity + more.quantity)
