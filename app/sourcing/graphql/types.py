"""GraphQL words that carts and orders share: delivery modes, reasons against them, coverage, addresses."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import strawberry

from app.engine.relations import Entity
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.types import localized
from app.locations.model import PREFECTURES
from app.sourcing.model import Coverage, DeliveryMode, IneligibleReason

describe_enum(
    DeliveryMode,
    "How goods reach a buyer.",
    {
        DeliveryMode.HOME_DELIVERY: "A parcel to the buyer's address.",
        DeliveryMode.STORE_PICKUP: "The buyer collects them at one of the shop's own stores.",
        DeliveryMode.CONVENIENCE_STORE_PICKUP: "A parcel to a convenience store, to be collected there.",
        DeliveryMode.LOCKER_PICKUP: "A parcel to a locker, often at a station, to be collected there.",
        DeliveryMode.CARRIER_OFFICE_PICKUP: "A parcel to a post office, to be collected there.",
    },
)
describe_enum(
    IneligibleReason,
    "Why goods cannot be handed over in a delivery mode.",
    {
        IneligibleReason.GIRTH_OVER_LIMIT: "Length, width and height sum up to more than is taken there.",
        IneligibleReason.WEIGHT_OVER_LIMIT: "The units of the line weigh more than the carrier takes there.",
        IneligibleReason.CHILLED: "Chilled goods cannot wait there.",
        IneligibleReason.FROZEN: "Frozen goods cannot wait there.",
        IneligibleReason.MIXED_TEMPERATURES: "Frozen goods are not put into one parcel with others.",
        IneligibleReason.NOT_SOLD: "The goods are not sold in the channel now.",
        IneligibleReason.LOCKER_FULL: "No locker of the station is free for the goods when they would be there.",
        IneligibleReason.TOO_LARGE_FOR_LOCKER: "The goods fit into none of the station's lockers.",
        IneligibleReason.NO_SUCH_POINT: "The channel has no such open place, or the chosen one has closed.",
    },
)
describe_enum(
    Coverage,
    "Where the units for a line would come from.",
    {
        Coverage.FULL_NOW: "All units are at the place itself.",
        Coverage.SHIPPED_TO_POINT: "There are enough units; they are sent to the place by parcel.",
        Coverage.AFTER_TRANSFER: "There are enough units; some come from other locations first.",
        Coverage.AFTER_ARRIVAL: "The units have not arrived yet; they are promised for a day.",
        Coverage.SHORT: "There are too few units.",
    },
)


@strawberry.type(description="One reason why goods cannot be handed over in a delivery mode.")
class DeliveryIneligibility(Entity):
    """`code` for programs, `message` for people."""

    code: IneligibleReason = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, in a sentence for people (English).")


@strawberry.type(description="A Japanese address with who lives there.")
class Address:
    """As carts and orders keep it: an object with these keys in snake case."""

    name: str = strawberry.field(description="Who receives the goods.")
    name_kana: str | None = strawberry.field(description="The same in kana, for the carrier.")
    phone: str = strawberry.field(description="Phone number for the carrier.")
    postal_code: str = strawberry.field(description="Seven digits.")
    prefecture: int = strawberry.field(description="JIS X 0401 number: 1 (Hokkaido) to 47 (Okinawa).")
    city: str = strawberry.field(description="City, ward, town or village.")
    line1: str = strawberry.field(description="Town area, block and house number.")
    line2: str | None = strawberry.field(description="Building and room.")

    @property
    def prefecture_names(self) -> dict[str, str]:
        """By language."""
        return PREFECTURES[self.prefecture]

    prefecture_name = localized("prefecture_names", description="The prefecture's name.")


def address_field() -> Any:
    """The address of a delivery of a cart or an order, from the object that its row keeps."""

    def resolve(root: Any) -> Any:
        stored: Mapping[str, Any] | None = root["address"]
        if stored is None:
            return None
        values: dict[str, Any] = {field.name: stored.get(field.name) for field in fields(Address) if field.init}
        return Address(**values)

    return strawberry.field(
        resolver=resolve, graphql_type=Address | None, description="Where the goods are sent; null for pickups."
    )
