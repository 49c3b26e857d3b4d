"""Rules of stock: what may be claimed from where, and the states of a transfer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.inventory.errors import InvalidQuantity
from app.inventory.model.selling import WAITING, Offer, Rules, SellingRule, StockKey, Terms, needs_of, offer

MAX_QUANTITY: Final = 1_000_000


class OwnerKind(StrEnum):
    """Who units are held for, and what a movement was caused by."""

    ORDER = "ORDER"
    CART = "CART"
    TRANSFER = "TRANSFER"
    STAFF = "STAFF"


class ReservationReason(StrEnum):
    """What units are reserved for, which decides how long."""

    CART = "CART"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    KONBINI_PAYMENT = "KONBINI_PAYMENT"
    STAFF = "STAFF"


class CauseKind(StrEnum):
    """What moved units, beside the owners of holds: `cause_id` of a ledger row is its id."""

    PURCHASE_ORDER = "PURCHASE_ORDER"
    COUNT = "COUNT"


class HoldState(StrEnum):
    """RESERVED units go back on sale at `expires_at`; ALLOCATED ones stay until they leave."""

    RESERVED = "R"
    ALLOCATED = "A"


class MovementKind(StrEnum):
    """Why a row of the ledger was written."""

    RECEIVED = "RECEIVED"
    RESERVED = "RESERVED"
    RESERVATION_RELEASED = "RESERVATION_RELEASED"
    RESERVATION_EXPIRED = "RESERVATION_EXPIRED"
    RESERVATION_ALLOCATED = "RESERVATION_ALLOCATED"
    RESERVATION_CONVERTED = "RESERVATION_CONVERTED"
    RESERVATION_MOVED = "RESERVATION_MOVED"
    ALLOCATED = "ALLOCATED"
    ALLOCATION_RELEASED = "ALLOCATION_RELEASED"
    SHIPPED = "SHIPPED"
    HANDED_OVER = "HANDED_OVER"
    TRANSFERRED_OUT = "TRANSFERRED_OUT"
    TRANSFERRED_IN = "TRANSFERRED_IN"
    LOST_IN_TRANSIT = "LOST_IN_TRANSIT"
    RETURNED = "RETURNED"
    ADJUSTED = "ADJUSTED"
    COUNTED = "COUNTED"
    STATE_CHANGED = "STATE_CHANGED"
    WRITTEN_OFF = "WRITTEN_OFF"
    REPAIRED = "REPAIRED"
    SAFETY_SET = "SAFETY_SET"


class TransferStatus(StrEnum):
    """READY_TO_SHIP → IN_TRANSIT → (PARTIALLY_RECEIVED →) RECEIVED, or READY_TO_SHIP → CANCELED."""

    READY_TO_SHIP = "READY_TO_SHIP"
    IN_TRANSIT = "IN_TRANSIT"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELED = "CANCELED"


UNDER_WAY: Final = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units of a variant at a location."""

    variant_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class TransferLineDraft:
    """Units to send. order_line_no: the order's line that they are for, when an order raised the transfer."""

    variant_id: int
    quantity: int
    order_line_no: int | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the ledger: how the counters of a stock row change.

    state: which of the units that are there but not sold (`set_aside`) become more or fewer by the same row.
    """

    variant_id: int
    location_id: int
    kind: MovementKind
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    safety: int = 0
    state: str | None = None
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class Demand:
    """One line that wants units. candidates: location ids, best first.

    may_split: several locations may serve the line together; otherwise one of them serves it whole. terms: how the
    variant is sold where the demand comes from; None: without any rule, as by staff who move goods.
    """

    line_no: int
    variant_id: int
    quantity: int
    candidates: tuple[int, ...]
    may_split: bool = False
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """The lines of one owner. expires_at None allocates at once, otherwise the units are reserved until then
    (UTC).

    partial: take what there is instead of all or nothing. reason: what they are reserved for; of no meaning for
    allocations. extendable_until: the latest that `expires_at` may be moved to; None: it stays. actor: who asks,
    where that is somebody else than who makes the call.
    """

    owner_kind: str
    owner_id: UUID
    demands: tuple[Demand, ...]
    expires_at: datetime | None = None
    partial: bool = False
    reason: str = ReservationReason.PAYMENT_PENDING
    extendable_until: datetime | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Units of one line promised from one location; from WAITING where nobody has them yet.

    variant_id: of the units, which for a line with a bundle are its components.
    """

    line_no: int
    variant_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A line that did not get all its units.

    available: units that the line could have had, after what the earlier lines of its request take: over all
    candidates together when it may be split, at the best single candidate otherwise.
    """

    line_no: int
    variant_id: int
    requested: int
    available: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request. Without `partial` there are either claims for all units or shortages."""

    claims: tuple[Claim, ...] = ()
    shortages: tuple[Shortage, ...] = ()


def check_quantity(quantity: int, *path: str, minimum: int = 1) -> int:
    """`quantity` when it is in minimum..MAX_QUANTITY units. Raises InvalidQuantity otherwise."""
    if not minimum <= quantity <= MAX_QUANTITY:
        raise InvalidQuantity(
            f"A quantity lies between {minimum:,} and {MAX_QUANTITY:,} units, not at {quantity:,}.",
            path=path,
            minimum=minimum,
            maximum=MAX_QUANTITY,
        )
    return quantity


def decide(
    available: Mapping[StockKey, int], requests: Sequence[HoldRequest], rules: Rules | None = None
) -> list[Verdict]:
    """Who gets what: first come, first served; a later small request may pass where a bigger one failed.

    available: units per (variant_id, location_id), missing ones 0, and rules: of the variants with queues, by variant
    id; both read under the lock of their rows. A demand that is not covered from the shelves waits as a whole where its
    rule has room for it.
    """
    left = _Left({key: units for key, units in available.items() if units > 0}, dict(rules or {}))
    return [_decide_one(left, request) for request in requests]


@dataclass(slots=True)
class _Left:
    """What the requests before have left."""

    levels: dict[StockKey, int]
    rules: dict[int, SellingRule]

    def take(self, claims: Sequence[Claim], sign: int = 1) -> None:
        """Count claims as taken, or, with sign -1, as given back."""
        for claim in claims:
            if claim.location_id == WAITING:
                rule = self.rules[claim.variant_id]
                self.rules[claim.variant_id] = replace(rule, waiting=rule.waiting + sign * claim.quantity)
            else:
                key = (claim.variant_id, claim.location_id)
                self.levels[key] = self.levels.get(key, 0) - sign * claim.quantity


def _decide_one(left: _Left, request: HoldRequest) -> Verdict:
    claims: list[Claim] = []
    shortages: list[Shortage] = []
    for demand in request.demands:
        found = offer(left.levels, demand.variant_id, demand.candidates, demand.terms, left.rules)
        taken = _take(found, demand)
        units = sum(taken.values())
        if units < demand.quantity <= found.room:
            taken, units = {WAITING: demand.quantity}, demand.quantity
        if units < demand.quantity:
            here = found.units if demand.may_split else max(found.by_place.values(), default=0)
            possible = max(here, found.room)
            shortages.append(Shortage(demand.line_no, demand.variant_id, demand.quantity, possible))
        own = _claims(demand, taken)
        left.take(own)
        claims += own
    if shortages and not request.partial:
        left.take(claims, -1)
        claims = []
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
