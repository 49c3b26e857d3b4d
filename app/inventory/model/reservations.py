"""How long units may be reserved, and how a reservation passes to another owner. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.inventory.model import Claim, Demand, HoldRequest, ReservationReason, Verdict, decide
from app.inventory.model.selling import Part, StockKey, Terms, needs_of
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


@dataclass(frozen=True, slots=True)
class Adoption:
    """What one owner has reserved is to serve the request of another first, or a new request of its own."""

    owner_id: UUID
    request: HoldRequest


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
        message = f"A reservation of this kind ends within {longest.total_seconds():.0f} seconds from now."
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


def keys_of(request: HoldRequest) -> set[StockKey]:
    """The stock rows that could serve a request; for bundles those of their components."""
    return {
        (variant_id, place)
        for demand in request.demands
        for variant_id, _ in needs_of(demand.variant_id, demand.terms)
        for place in demand.candidates
    }


def decide_adoptions(
    available: Mapping[StockKey, int], adoptions: Sequence[tuple[HoldRequest, Sequence[Claim]]]
) -> list[Verdict]:
    """Who gets what, first come first served, where each request may count on the units of its claims besides those
    that are free. Claims of a request that gets something are given back; of one that gets nothing they stay.

    Of variants with a queue or a channel's share a request gets what it has reserved and no more: nothing waits here,
    and nobody who waits is overtaken. available: free units per (variant_id, location_id), below 0 where safety stock
    exceeds them, read under lock.
    """
    free = dict(available)
    verdicts: list[Verdict] = []
    for request, claims in adoptions:
        owned: dict[StockKey, int] = {}
        for claim in claims:
            key = (claim.variant_id, claim.location_id)
            owned[key] = owned.get(key, 0) + claim.quantity
        limited = _limited(request)
        levels = {
            key: owned.get(key, 0) + (0 if key[0] in limited else max(free.get(key, 0), 0)) for key in keys_of(request)
        }
        [verdict] = decide(levels, [replace(request, demands=tuple(map(_unruled, request.demands)))])
        verdicts.append(verdict)
        if verdict.claims:
            for key, units in owned.items():
                free[key] = free.get(key, 0) + units
            for claim in verdict.claims:
                key = (claim.variant_id, claim.location_id)
                free[key] = free.get(key, 0) - claim.quantity
    return verdicts


def _limited(request: HoldRequest) -> set[int]:
    """The variants of which free units are not for everybody."""
    return {
        variant_id
        for demand in request.demands
        if demand.terms is not None and demand.terms != _unruled(demand).terms
        for variant_id, _ in needs_of(demand.variant_id, demand.terms)
    }


def _unruled(demand: Demand) -> Demand:
    """The demand without rules and shares; a bundle stays one."""
    if demand.terms is None:
        return demand
    parts = tuple(Part(part.variant_id, part.quantity) for part in demand.terms.parts)
    return replace(demand, terms=Terms(demand.terms.today, parts=parts))
