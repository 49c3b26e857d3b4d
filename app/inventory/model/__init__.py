"""Rules of stock: what may be claimed from where, and the states of a transfer. Pure."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from app.inventory.errors import InvalidQuantity

MAX_QUANTITY: Final = 1_000_000

StockKey: TypeAlias = tuple[int, int]
"""(variant_id, location_id)."""


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
    """One row of the ledger: how the counters of a stock row change."""

    variant_id: int
    location_id: int
    kind: MovementKind
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    safety: int = 0


@dataclass(frozen=True, slots=True)
class Demand:
    """One line that wants units. candidates: location ids, best first.

    may_split: several locations may serve the line together; otherwise one of them serves it whole.
    """

    line_no: int
    variant_id: int
    quantity: int
    candidates: tuple[int, ...]
    may_split: bool = False


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
    """Units of one line promised from one location."""

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


def decide(available: Mapping[StockKey, int], requests: Sequence[HoldRequest]) -> list[Verdict]:
    """Who gets what: first come, first served; a later small request may pass where a bigger one failed.

    available: units per (variant_id, location_id), missing ones 0, read under the lock of those rows.
    """
    left = {key: units for key, units in available.items() if units > 0}
    return [_decide_one(left, request) for request in requests]


def _decide_one(left: MutableMapping[StockKey, int], request: HoldRequest) -> Verdict:
    claims: list[Claim] = []
    shortages: list[Shortage] = []
    for demand in request.demands:
        offered = {place: left[key] for place in demand.candidates if (key := (demand.variant_id, place)) in left}
        taken = _take(offered, demand)
        claims += taken
        for claim in taken:
            _add(left, claim, -claim.quantity)
        if sum(claim.quantity for claim in taken) < demand.quantity:
            possible = sum(offered.values()) if demand.may_split else max(offered.values(), default=0)
            shortages.append(Shortage(demand.line_no, demand.variant_id, demand.quantity, possible))
    if shortages and not request.partial:
        for claim in claims:
            _add(left, claim, claim.quantity)
        claims = []
    return Verdict(tuple(claims), tuple(shortages))


def _take(offered: Mapping[int, int], demand: Demand) -> list[Claim]:
    """Claims of one line, as many units as the offer allows, from the best locations first."""
    if not demand.may_split:
        whole = next((place for place, units in offered.items() if units >= demand.quantity), None)
        best = whole if whole is not None else max(offered, key=lambda place: offered[place], default=None)
        offered = {} if best is None else {best: offered[best]}
    claims: list[Claim] = []
    missing = demand.quantity
    for place, units in offered.items():
        if missing == 0:
            break
        taken = min(units, missing)
        claims.append(Claim(demand.line_no, demand.variant_id, place, taken))
        missing -= taken
    return claims


def _add(left: MutableMapping[StockKey, int], claim: Claim, units: int) -> None:
    key = (claim.variant_id, claim.location_id)
    left[key] = left.get(key, 0) + units
    if left[key] == 0:
        del left[key]
