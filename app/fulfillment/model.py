"""Rules of fulfillment: the states of pickups and work, who may touch a pickup, and pickup codes."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor, ActorKind
from app.locations.model import Hours, openings

MAX_CODE_ATTEMPTS: Final = 5
CODE_DIGITS: Final = 6
VERIFICATION_LASTS: Final = timedelta(minutes=15)
# A shopper who comes on the last evening, or the morning after, is not turned away.
EXPIRY_GRACE: Final = timedelta(days=1)
# How much opening time people have to prepare a pickup or to send a transfer.
PROMPT: Final = timedelta(hours=2)
PARTNER_MODES: Final = frozenset({"CONVENIENCE_STORE_PICKUP", "LOCKER_PICKUP"})


class FulfillmentKind(StrEnum):
    """How one location's share of an order leaves it."""

    SHIP = "SHIP"
    PICKUP = "PICKUP"


class FulfillmentState(StrEnum):
    """How far one location's share of an order has come."""

    OPEN = "OPEN"
    SHIPPED = "SHIPPED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class WorkKind(StrEnum):
    """What people at a location are asked to do."""

    PICK = "PICK"
    SHIP = "SHIP"
    PREPARE_PICKUP = "PREPARE_PICKUP"
    TRANSFER = "TRANSFER"
    RECEIVE = "RECEIVE"


class WorkStatus(StrEnum):
    """WAITING work needs something else first; OPEN work can be done now."""

    WAITING = "WAITING"
    OPEN = "OPEN"
    DONE = "DONE"
    CANCELED = "CANCELED"


class PickupStatus(StrEnum):
    """How far a pickup has come."""

    REQUESTED = "REQUESTED"
    PREPARING = "PREPARING"
    IN_TRANSIT_TO_POINT = "IN_TRANSIT_TO_POINT"
    READY = "READY"
    COLLECTED = "COLLECTED"
    EXPIRED = "EXPIRED"
    CANCELED = "CANCELED"


class PickupExpiryReason(StrEnum):
    """Why a pickup is given up."""

    HOLD_ENDED = "HOLD_ENDED"
    POINT_FAULT = "POINT_FAULT"
    DAMAGED = "DAMAGED"
    BUYER_DECLINED = "BUYER_DECLINED"


PICKUP_STEPS: Final[Mapping[PickupStatus, frozenset[PickupStatus]]] = {
    PickupStatus.REQUESTED: frozenset(
        {PickupStatus.PREPARING, PickupStatus.IN_TRANSIT_TO_POINT, PickupStatus.CANCELED}
    ),
    # Back to REQUESTED: units that were missing at the store are on their way to it.
    PickupStatus.PREPARING: frozenset(
        {PickupStatus.REQUESTED, PickupStatus.READY, PickupStatus.IN_TRANSIT_TO_POINT, PickupStatus.CANCELED}
    ),
    PickupStatus.IN_TRANSIT_TO_POINT: frozenset({PickupStatus.READY}),
    PickupStatus.READY: frozenset({PickupStatus.COLLECTED, PickupStatus.EXPIRED, PickupStatus.CANCELED}),
    PickupStatus.COLLECTED: frozenset(),
    PickupStatus.EXPIRED: frozenset(),
    PickupStatus.CANCELED: frozenset(),
}


def next_pickup_status(current: str, wanted: PickupStatus) -> PickupStatus:
    """`wanted` when it may follow `current`. Raises InvalidTransition otherwise."""
    if wanted not in PICKUP_STEPS[PickupStatus(current)]:
        message = f"A pickup that is {current} cannot become {wanted}."
        raise InvalidTransition(message, current_status=current)
    return wanted


def may_expire(reason: PickupExpiryReason, hold_until: datetime, now: datetime) -> bool:
    """Whether a pickup that is kept until `hold_until` may be given up: then, or at once for a reason of its own."""
    return reason is not PickupExpiryReason.HOLD_ENDED or now >= hold_until


def is_verified(verified_at: datetime | None, now: datetime) -> bool:
    """Whether the right code was said a short while ago, so that whoever said it is still there."""
    return verified_at is not None and now - verified_at < VERIFICATION_LASTS


def attempt(failed_attempts: int, *, is_right: bool) -> tuple[int, bool]:
    """(wrong codes so far, whether the pickup is locked now) after one more code was typed."""
    if is_right:
        return 0, False
    failed = min(failed_attempts + 1, MAX_CODE_ATTEMPTS)
    return failed, failed == MAX_CODE_ATTEMPTS


def may_touch(actor: Actor, *, partner_id: UUID | None, location_id: int) -> bool:
    """Whether a caller with the right scope may see and work on what is at a location.

    partner_id: whose location it is. Partners work at their own, staff at the locations of their key.
    """
    if actor.kind is ActorKind.PARTNER and (partner_id is None or actor.partner_id != partner_id):
        return False
    return actor.may_act_at(location_id)


def pickup_code(secret_key: bytes, pickup_id: UUID, version: int) -> str:
    """The code of a pickup, 6 digits: the same for the same key, pickup and version, otherwise unforeseeable.

    It is computed whenever it is needed, so that neither the database nor its backups hold one. A new version
    is a new code.
    """
    message = b"pickup-code\x00" + pickup_id.bytes + version.to_bytes(4)
    digest = hmac.new(secret_key, message, hashlib.sha256).digest()
    # 64 bits modulo a million: the bias is far below one in 10^12.
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def is_pickup_code(text: str, secret_key: bytes, pickup_id: UUID, version: int) -> bool:
    """Whether `text` is the code, compared in constant time. Full-width digits and spaces are fine."""
    typed = "".join(unicodedata.normalize("NFKC", text).split())
    expected = pickup_code(secret_key, pickup_id, version)
    return hmac.compare_digest(typed.encode(errors="replace"), expected.encode())


@dataclass(frozen=True, slots=True)
class Share:
    """What one location contributes to one delivery: quantities by order line and variant."""

    delivery_id: UUID
    kind: FulfillmentKind
    location_id: int
    quantities: Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class ClaimedUnits:
    """Units that an order claims at a location, with the delivery that they are for."""

    delivery_id: UUID
    mode: str
    destination_id: int | None
    """The pickup location of the delivery; None for home delivery."""
    line_no: int
    variant_id: int
    location_id: int
    quantity: int


def shares_of(claimed: Iterable[ClaimedUnits]) -> list[Share]:
    """Cut an order's claims into one share per delivery and place that the units leave from.

    Units for an own store's pickup leave from that store, wherever they are now. Nothing is lost or added.
    """
    quantities: dict[tuple[UUID, FulfillmentKind, int], dict[tuple[int, int], int]] = {}
    for units in claimed:
        if units.mode == "STORE_PICKUP" and units.destination_id is not None:
            key = (units.delivery_id, FulfillmentKind.PICKUP, units.destination_id)
        else:
            key = (units.delivery_id, FulfillmentKind.SHIP, units.location_id)
        lines = quantities.setdefault(key, {})
        line = (units.line_no, units.variant_id)
        lines[line] = lines.get(line, 0) + units.quantity
    return [Share(delivery, kind, location, lines) for (delivery, kind, location), lines in quantities.items()]


def hold_until(ready_at: datetime, hold_days: int) -> datetime:
    """Until when a pickup that became ready at `ready_at` is kept for the shopper."""
    return ready_at + timedelta(days=hold_days)


def due_at(kind: WorkKind, since: datetime, hours: Hours, timezone: str) -> datetime | None:
    """By when work that is asked for at `since` should be done at a location with these hours (UTC).

    Parcels are picked and shipped by the close of the next business day; pickups are prepared, and transfers sent,
    within PROMPT of opening time. None for what others bring, and where nobody opens within two weeks.
    """
    times = openings(hours, timezone, since)
    if kind in {WorkKind.PICK, WorkKind.SHIP}:
        today = since.astimezone(ZoneInfo(timezone)).date()
        next_day = min((opening.day for opening in times if opening.day > today), default=None)
        return max((opening.closes for opening in times if opening.day == next_day), default=None)
    left = PROMPT
    for opening in times if kind in {WorkKind.PREPARE_PICKUP, WorkKind.TRANSFER} else ():
        begins = max(opening.opens, since)
        if opening.closes - begins >= left:
            return (begins + left).astimezone(UTC)
        left -= opening.closes - begins
    return None
