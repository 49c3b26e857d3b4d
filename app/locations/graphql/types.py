"""Types of the locations slice."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.engine.relations import Entity, relation
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import PageInfo, localized
from app.locations.graphql.batches import groups_by_id, locations_by_id, networks_by_code
from app.locations.model import PREFECTURES, LocationKind, Weekday, is_open
from app.partners.graphql.batches import partners_by_id

if TYPE_CHECKING:
    from app.locations.graphql.networks import PickupNetwork
    from app.partners.graphql.types import Partner

LazyPartner = Annotated["Partner", strawberry.lazy("app.partners.graphql.types")]
LazyNetwork = Annotated["PickupNetwork", strawberry.lazy("app.locations.graphql.networks")]

describe_enum(
    LocationKind,
    "What a location is.",
    {
        LocationKind.EC_WAREHOUSE: "A warehouse that ships orders.",
        LocationKind.STORE: "An own store: sells, ships and hands over.",
        LocationKind.CONVENIENCE_STORE: "A partner's convenience store that hands over parcels.",
        LocationKind.LOCKER_STATION: "A partner's parcel lockers.",
        LocationKind.CARRIER_OFFICE: "A post office, or another office of a carrier, that keeps parcels for buyers.",
        LocationKind.IN_TRANSIT: "The one location of goods on their way between two others.",
    },
)

describe_enum(
    Weekday,
    "A day of the week.",
    {day: f"{day.name.capitalize()}." for day in Weekday},
)


@strawberry.type(description="A prefecture of Japan.")
class Prefecture:
    """Built from the table of the rules; nothing is read."""

    code: int = strawberry.field(description="Its number in JIS X 0401: 1 is Hokkaido, 47 is Okinawa.")
    names: strawberry.Private[dict[str, str]]
    name = localized("names", description="Its name, such as 東京都 or Tokyo.")

    @classmethod
    def of(cls, code: int | None) -> "Prefecture | None":
        """The prefecture with this number; None for None."""
        return None if code is None else cls(code=code, names=PREFECTURES[code])


@strawberry.type(description="A point on earth, WGS 84.")
class Coordinates:
    """Of a location, or of the middle of an area."""

    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")


@strawberry.type(description="A time of opening.")
class OpeningHours:
    """One range of one day."""

    weekday: Weekday = strawberry.field(description="The day on which it opens.")
    opens: str = strawberry.field(description="HH:MM on the clocks of the location.")
    closes: str = strawberry.field(
        description="HH:MM on the same clocks; past midnight the hours go on to 30:00, six in the morning."
    )


@strawberry.type(description="A place that keeps, ships or hands over goods.")
class Location(Entity, Node):
    """The row is the table's."""

    id = id_field("Location")
    code: str = strawberry.field(description="The shop's short name for it; unique.")
    name = localized("names", description="Its name.")
    kind: LocationKind = strawberry.field(description="What it is.")
    postal_code: str | None = strawberry.field(description="Seven digits without a hyphen.")
    address: str = strawberry.field(description="The part of the address behind the prefecture; may be empty.")
    timezone: str = strawberry.field(description="IANA name of the time zone of its clocks, such as Asia/Tokyo.")
    hands_over: bool = strawberry.field(description="Whether buyers can collect goods here.")
    ships_orders: bool = strawberry.field(description="Whether orders are shipped from here.")
    holds_stock: bool = strawberry.field(description="Whether it has stock of its own.")
    hold_days: int = strawberry.field(description="For how many days goods wait here for their buyer.")
    is_active: bool = strawberry.field(description="Whether it takes part in new sales.")

    @strawberry.field(description="The prefecture it lies in.", graphql_type=Prefecture | None)
    def prefecture(self) -> Any:
        """From the row's number."""
        return Prefecture.of(self.prefecture)  # pyright: ignore[reportArgumentType]

    @strawberry.field(description="Where it lies.", graphql_type=Coordinates | None)
    def coordinates(self: Any) -> Any:
        """From the row's two columns."""
        if self.latitude is None:
            return None
        return Coordinates(latitude=self.latitude, longitude=self.longitude)

    @strawberry.field(description="When it is open, Monday first; empty when it is always open.")
    def hours(self) -> list[OpeningHours]:
        """From the row's object of days."""
        stored: Any = self.hours
        return [
            OpeningHours(weekday=day, opens=opens, closes=closes)
            for day in Weekday
            for opens, closes in stored.get(day, ())
        ]

    @strawberry.field(description="Whether it is open at an instant, holidays not considered.")
    def is_open(
        self: Any,
        info: Info,
        at: Annotated[datetime | None, strawberry.argument(description="The instant; now when it is left out.")] = None,
    ) -> bool:
        """On the clocks of the location; an instant without an offset is in UTC."""
        return is_open(self.hours, self.timezone, at or info.context.now)

    partner = relation(
        LazyPartner,
        partners_by_id,
        key=lambda row: row.partner_id,
        description="The company whose place it is; null for the shop's own.",
    )
    pickup_network = relation(
        LazyNetwork,
        networks_by_code,
        key=lambda row: row.network_code,
        description="Whose rules hold for goods that wait here; null: `holdDays` of the location itself.",
    )


@strawberry.type(description="Locations that belong together, such as those that a channel sells from.")
class LocationGroup(Entity, Node):
    """Its locations are a list of their own: `locations(group: …)`."""

    id = id_field("LocationGroup")
    code: str = strawberry.field(description="The shop's short name for it; unique.")
    name = localized("names", description="Its name.")
    location_count: int = strawberry.field(description="How many active locations are in it.")


@strawberry.type(description="One row of a page of locations.")
class LocationEdge:
    """With the distance, which belongs to the question and not to the location."""

    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this row.")
    node: Location = strawberry.field(description="The location.")
    distance_km: float | None = strawberry.field(
        description="Kilometres as the crow flies from `near`; null without it or without coordinates."
    )


@strawberry.type(description="A page of a list of locations.")
class LocationConnection:
    """As every connection, with distances on the edges."""

    edges: list[LocationEdge] = strawberry.field(description="The rows with their cursors and distances.")
    nodes: list[Location] = strawberry.field(description="The locations alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: int | None = strawberry.field(description="How many there are, counted up to 10,000.")


NODE_TYPES["Location"] = NodeType(int, locations_by_id, bits=31)
NODE_TYPES["LocationGroup"] = NodeType(int, groups_by_id, bits=31)
