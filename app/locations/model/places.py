"""Places and the distances between them."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Self
from uuid import UUID

from app.kit.temperature import Temperature

EARTH_RADIUS_KM: Final = 6371.0088
TRANSIT_CODE: Final = "IN-TRANSIT"


class LocationKind(StrEnum):
    """What a location is."""

    EC_WAREHOUSE = "EC_WAREHOUSE"
    STORE = "STORE"
    CONVENIENCE_STORE = "CONVENIENCE_STORE"
    LOCKER_STATION = "LOCKER_STATION"
    CARRIER_OFFICE = "CARRIER_OFFICE"
    IN_TRANSIT = "IN_TRANSIT"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a location does: keeps stock, sends orders to homes and points, hands goods over to buyers."""

    holds_stock: bool
    ships_orders: bool
    hands_over: bool


# What a location of each kind does unless it is said otherwise.
ABILITIES: Final = {
    LocationKind.EC_WAREHOUSE: Abilities(holds_stock=True, ships_orders=True, hands_over=False),
    LocationKind.STORE: Abilities(holds_stock=True, ships_orders=True, hands_over=True),
    LocationKind.CONVENIENCE_STORE: Abilities(holds_stock=False, ships_orders=False, hands_over=True),
    LocationKind.LOCKER_STATION: Abilities(holds_stock=False, ships_orders=False, hands_over=True),
    LocationKind.CARRIER_OFFICE: Abilities(holds_stock=False, ships_orders=False, hands_over=True),
    LocationKind.IN_TRANSIT: Abilities(holds_stock=True, ships_orders=False, hands_over=False),
}


# What waits where nothing else is said.
AMBIENT_ONLY: Final = (Temperature.AMBIENT,)


# Points and places are named tuples and no dataclasses: a channel may have thousands of them, which are made
# anew for every question, and so four times as fast.
class Point(NamedTuple):
    """A point on earth, WGS 84, in degrees: north and east are positive."""

    latitude: float
    longitude: float

    @classmethod
    def read(cls, latitude: float, longitude: float) -> Self:
        """A point that somebody gave, to the centimetre: databases cannot reckon with numbers next to nothing."""
        # Adding zero takes the sign off a zero.
        return cls(round(latitude, 7) + 0.0, round(longitude, 7) + 0.0)

    def is_on_earth(self) -> bool:
        """Whether both numbers are finite and in range."""
        return -90 <= self.latitude <= 90 and -180 <= self.longitude <= 180  # noqa: PLR2004  # degrees


class Place(NamedTuple):
    """A location as far as choosing one needs it."""

    id: int
    code: str
    kind: LocationKind
    point: Point | None
    prefecture: int | None
    partner_id: UUID | None
    holds_stock: bool
    ships_orders: bool
    hands_over: bool
    hold_days: int
    temperatures: Sequence[str] | None = None

    @property
    def takes(self) -> Collection[str]:
        """How cold goods can wait here."""
        return self.temperatures or AMBIENT_ONLY


def distance_km(a: Point, b: Point) -> float:
    """The great-circle distance in kilometres, to the metre (haversine, on a sphere: at most 0.6 % off)."""
    latitude_a, latitude_b = math.radians(a.latitude), math.radians(b.latitude)
    half_latitude = math.sin((latitude_b - latitude_a) / 2)
    half_longitude = math.sin(math.radians(b.longitude - a.longitude) / 2)
    square = half_latitude**2 + math.cos(latitude_a) * math.cos(latitude_b) * half_longitude**2
    # Rounding can carry the square of opposite points a hair past 1, where asin has no answer.
    return round(2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, square))), 3)


def rank_places(places: Iterable[Place], origin: Point | None) -> list[tuple[Place, float | None]]:
    """Places with their distance from `origin` in kilometres, nearest first.

    Places without coordinates come last; equal distances are in order of id. Without an origin: in order of
    id, and all distances are None.
    """
    if origin is None:
        return [(place, None) for place in sorted(places, key=lambda place: place.id)]
    ranked = [(place, distance_km(origin, place.point) if place.point is not None else None) for place in places]
    ranked.sort(key=lambda pair: (math.inf if pair[1] is None else pair[1], pair[0].id))
    return ranked
