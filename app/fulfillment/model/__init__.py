"""Rules of fulfillment: who leaves what, when work is due, who may touch what.

`pickups`: the life of a pickup. `codes`: what it is collected with. `work`: the life of a work
instruction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.kit.permissions import Actor, ActorKind
from app.locations.model import Hours, openings, when_open_for

# How much opening time people have to prepare a pickup or to send a transfer.
PROMPT: Final = timedelta(hours=2)


class FulfillmentKind(StrEnum):
    """How one location's share of an order leaves it."""

    SHIP = "SHIP"
    PICKUP = "PICKUP"


class FulfillmentState(StrEnum):
    """How far one location's share of an order has come."""

    OPEN = "OPEN"
    SHIPPED = "SHIPPED"
    COMPLETED = "COMPLETED"
    RETURNED = "RETURNED"
    CANCELED = "CANCELED"


class WorkKind(StrEnum):
    """What people at a location are asked to do."""

    PICK = "PICK"
    PACK = "PACK"
    SHIP = "SHIP"
    PREPARE_PICKUP = "PREPARE_PICKUP"
    TRANSFER = "TRANSFER"
    RECEIVE = "RECEIVE"
    LOCKER_DROP_OFF = "LOCKER_DROP_OFF"
    COUNT = "COUNT"
    RETURN_INSPECT = "RETURN_INSPECT"


class WorkStatus(StrEnum):
    """WAITING work needs something else first; OPEN work can be done now. `work` has the machine."""

    WAITING = "WAITING"
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    ON_HOLD = "ON_HOLD"
    DONE = "DONE"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"


_PROMPTLY: Final = frozenset({WorkKind.PREPARE_PICKUP, WorkKind.TRANSFER})


def may_touch(actor: Actor, *, partner_id: UUID | None, location_id: int) -> bool:
    """Whether a caller with the right scope may see and work on what is at a location.

    partner_id: whose location it is. Partners work at their own, staff at the locations of their key.
    """
    if actor.kind is ActorKind.PARTNER and (partner_id is None or actor.partner_id != partner_id):
        return False
    return actor.may_act_at(location_id)


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


def due_at(kind: WorkKind, since: datetime, hours: Hours, timezone: str) -> datetime | None:
    """By when work that is asked for at `since` should be done at a location with these hours (UTC).

    Parcels are picked and shipped by the close of the next business day; pickups are prepared, and transfers sent,
    within PROMPT of opening time. None for what others bring, and where nobody opens within two weeks.
    """
    if kind in {WorkKind.PICK, WorkKind.SHIP}:
        times = openings(hours, timezone, since)
        today = since.astimezone(ZoneInfo(timezone)).date()
        next_day = min((opening.day for opening in times if opening.day > today), default=None)
        return max((opening.closes for opening in times if opening.day == next_day), default=None)
    return when_open_for(hours, timezone, since, PROMPT) if kind in _PROMPTLY else None
