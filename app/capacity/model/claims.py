"""What a station's rules speak of: compartments, claims to them, and where goods are. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.capacity.model.compartments import LIVE, CompartmentStatus, ReservationState
from app.capacity.model.parcels import RANK, Box, CompartmentSize, Parcel
from app.kit.temperature import Temperature

# Goods that lie too long are looked at again so often; until then nobody else is let in.
OVERSTAY: Final = timedelta(days=1)
_SHORTEST: Final = timedelta(minutes=1)


@dataclass(slots=True)
class Compartment:
    """One door. inner: what it measures inside. fault: why it takes nothing; None: it does."""

    id: int
    code: str
    size: CompartmentSize
    temperature: Temperature
    inner: Box
    status: CompartmentStatus = CompartmentStatus.FREE
    fault: str | None = None
    is_active: bool = True

    @property
    def place(self) -> tuple[int, int, str, int]:
        """Where it stands in the order in which compartments are given away."""
        return RANK[self.size], self.inner.volume, self.code, self.id


@dataclass(slots=True)
class Reservation:
    """One delivery's claim to a compartment from begins to ends (UTC). compartment_id: None where it has none.

    refused_at: when its first compartment turned out not to take it, which was refused_compartment_id.
    """

    delivery_id: UUID
    order_id: UUID
    parcel: Parcel
    begins: datetime
    ends: datetime
    compartment_id: int | None = None
    state: ReservationState = ReservationState.PLANNED
    refused_at: datetime | None = None
    refused_compartment_id: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether it still claims anything."""
        return self.state in LIVE


class Presence(StrEnum):
    """Where the goods of a delivery are, as all reports together have it."""

    EXPECTED = "EXPECTED"
    REFUSED = "REFUSED"
    INSIDE = "INSIDE"
    STUCK = "STUCK"
    OVERDUE = "OVERDUE"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the goods of one delivery. Instants are UTC.

    since: since when they are there; with REFUSED when the point would not, or could not, take them. until: until when
    they are kept. compartment: where they are, in the point's words. reason: of a fault.
    """

    delivery_id: UUID
    presence: Presence
    since: datetime | None = None
    until: datetime | None = None
    compartment: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """When a station expects goods. lead_days: from the order to the day of arrival; hold_days: how long they stay."""

    timezone: str = "Asia/Tokyo"
    lead_days: int = 2
    hold_days: int = 3

    def period(self, placed_at: datetime) -> tuple[datetime, datetime]:
        """From the beginning of the day of arrival to the end of the last day on which the goods may be collected.

        Goods that arrive on that day and are kept for the station's hold days, counted from that day or the next one,
        have left by then.
        """
        zone = ZoneInfo(self.timezone)
        first = placed_at.astimezone(zone).date() + timedelta(days=self.lead_days)
        last = first + timedelta(days=self.hold_days + 1)
        begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last))
        return begins, ends


@dataclass(frozen=True, slots=True)
class CompartmentWish:
    """Goods of one delivery of an order that is placed at an instant (UTC) and goes to a station."""

    delivery_id: UUID
    order_id: UUID
    location_id: int
    parcel: Parcel
    placed_at: datetime


def stay_of(own: Reservation, told: Standing, now: datetime) -> tuple[ReservationState, datetime, datetime]:
    """What a claim becomes whose goods are inside, and from when to when."""
    begins = told.since or own.begins
    ends = max(told.until or own.ends, begins + _SHORTEST)
    if told.presence is not Presence.OVERDUE and ends > now:
        return ReservationState.OCCUPYING, begins, ends
    is_known = own.state is ReservationState.OVERDUE and own.ends > now
    return ReservationState.OVERDUE, begins, own.ends if is_known else max(ends, now + OVERSTAY)


def later(own: Reservation, now: datetime) -> tuple[datetime, datetime]:
    """The period of a claim that is planned anew: what has passed of it counts no more."""
    if own.ends <= now:
        return now, now + (own.ends - own.begins)
    return max(own.begins, now), own.ends
