"""Words of stock: what is asked for and claimed, and by whom. Pure.

`decisions`: who gets what. `selling`: what can be bought. `reservations`: for how long.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.inventory.errors import InvalidQuantity
from app.inventory.model.selling import Terms

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


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units of a variant at a location."""

    variant_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the ledger: how the counters of a stock row change.

    state: which of the units that are there but not sold (`set_aside`) become more or fewer by the same row. reason: of
    this row, where that is another one than of those beside it.
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
    reason: str | None = None


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


class Ahead(StrEnum):
    """What becomes of a line that the shelves do not cover, and that may be sold ahead of its units.

    WAIT: it waits for them. SKIP: it is neither held nor short. REFUSE: it is short.
    """

    WAIT = "WAIT"
    SKIP = "SKIP"
    REFUSE = "REFUSE"


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """The lines of one owner. expires_at None allocates at once, otherwise the units are reserved until then
    (UTC).

    partial: take what there is instead of all or nothing. reason: what they are reserved for; of no meaning for
    allocations. extendable_until: the latest that `expires_at` may be moved to; None: it stays. extended_at: when that
    was done last. actor: who asks, where that is somebody else than who makes the call. ahead: see there.

    adopts: whose reservations serve it first, as those of a cart serve its order. They end when it gets anything: what
    it does not need of them goes back on sale. It may be the owner's own id: then it is reserved anew.
    """

    owner_kind: str
    owner_id: UUID
    demands: tuple[Demand, ...]
    expires_at: datetime | None = None
    partial: bool = False
    reason: str = ReservationReason.PAYMENT_PENDING
    extendable_until: datetime | None = None
    actor: str | None = None
    extended_at: datetime | None = None
    ahead: Ahead = Ahead.WAIT
    adopts: UUID | None = None


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
