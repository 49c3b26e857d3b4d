"""How long units may be reserved. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.inventory.model import ReservationReason
from app.kit.errors import InvalidInput

EXTENSION_PAUSE: Final = timedelta(minutes=5)
"""Between two extensions of one reservation, so that a page that is looked at again and again makes no storm."""


class ReservationStatus(StrEnum):
    """ACTIVE → CONVERTED, RELEASED or EXPIRED; none of these has a way back."""

    ACTIVE = "ACTIVE"
    CONVERTED = "CONVERTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a reservation lasts. usual: unless the caller says something else; None: the caller has to say.

    longest: from its beginning, extensions included. of_partners: the same for keys of partner companies.
    """

    usual: timedelta | None
    longest: timedelta
    of_partners: timedelta


BOUNDS: Final[dict[ReservationReason, Bounds]] = {
    ReservationReason.CART: Bounds(timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=30)),
    ReservationReason.PAYMENT_PENDING: Bounds(timedelta(minutes=15), timedelta(hours=1), timedelta(minutes=30)),
    ReservationReason.KONBINI_PAYMENT: Bounds(None, timedelta(days=14), timedelta(days=7)),
    ReservationReason.STAFF: Bounds(timedelta(days=1), timedelta(days=30), timedelta(days=3)),
}


@dataclass(frozen=True, slots=True)
class Span:
    """When a reservation ends, and the latest that its end may be moved to (UTC)."""

    expires_at: datetime
    extendable_until: datetime


def reservation_span(
    reason: ReservationReason,
    *,
    now: datetime,
    expires_at: datetime | None = None,
    ttl_s: int | None = None,
    is_partner: bool = False,
) -> Span:
    """How long a new reservation lasts. Raises InvalidInput for both ways to say it, and outside of the bounds."""
    bounds = BOUNDS[reason]
    longest = bounds.of_partners if is_partner else bounds.longest
    latest = now + longest
    end = wanted_end(now=now, expires_at=expires_at, ttl_s=ttl_s)
    if end is None:
        if bounds.usual is None:
            message = "Say until when: a reservation for a konbini payment ends at its deadline."
            raise InvalidInput(message, path=["input", "expiresAt"])
        end = min(now + bounds.usual, latest)
    if not now < end <= latest:
        message = f"A reservation of this kind lasts more than 0 and at most {longest.total_seconds():.0f} seconds."
        raise InvalidInput(message, path=["input", "expiresAt" if ttl_s is None else "ttlSeconds"])
    return Span(end, latest)


def wanted_end(*, now: datetime, expires_at: datetime | None, ttl_s: int | None) -> datetime | None:
    """The end that a caller asks for; None: none.

    Raises InvalidInput for two of them, and for one that no clock can show.
    """
    if expires_at is not None and ttl_s is not None:
        message = "Say expiresAt or ttlSeconds, not both."
        raise InvalidInput(message, path=["input", "ttlSeconds"])
    if ttl_s is None:
        return expires_at
    try:
        return now + timedelta(seconds=ttl_s)
    except OverflowError:
        message = "That is too long."
        raise InvalidInput(message, path=["input", "ttlSeconds"]) from None
