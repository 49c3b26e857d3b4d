"""GraphQL words of sourcing: delivery modes, reasons against them, coverage."""

from typing import Final

import strawberry

from app.engine.relations import Entity
from app.kit.graphql.enums import describe_enum
from app.sourcing.model import Coverage, DeliveryMode, IneligibleReason

DELIVERY_MODE: Final = describe_enum(
    DeliveryMode,
    "How goods reach a buyer.",
    {
        DeliveryMode.HOME_DELIVERY: "A parcel to the buyer's address.",
        DeliveryMode.STORE_PICKUP: "The buyer collects them at one of the shop's own stores.",
        DeliveryMode.CONVENIENCE_STORE_PICKUP: "A parcel to a convenience store, to be collected there.",
        DeliveryMode.LOCKER_PICKUP: "A parcel to a locker, often at a station, to be collected there.",
    },
)
INELIGIBLE_REASON: Final = describe_enum(
    IneligibleReason,
    "Why goods cannot be handed over in a delivery mode.",
    {
        IneligibleReason.GIRTH_OVER_LIMIT: "Length, width and height sum up to more than is taken there.",
        IneligibleReason.WEIGHT_OVER_LIMIT: "The units of the line weigh more than the carrier takes there.",
        IneligibleReason.CHILLED: "Chilled goods cannot wait there.",
        IneligibleReason.NOT_SOLD: "The goods are not sold in the channel now.",
        IneligibleReason.NO_SUCH_POINT: "The channel has no such open place, or the chosen one has closed.",
    },
)
COVERAGE: Final = describe_enum(
    Coverage,
    "Where the units for a line would come from.",
    {
        Coverage.FULL_NOW: "All units are at the place itself.",
        Coverage.SHIPPED_TO_POINT: "There are enough units; they are sent to the place by parcel.",
        Coverage.AFTER_TRANSFER: "There are enough units; some come from other locations first.",
        Coverage.SHORT: "There are too few units.",
    },
)


@strawberry.type(description="One reason why goods cannot be handed over in a delivery mode.")
class DeliveryIneligibility(Entity):
    """`code` for programs, `message` for people."""

    code: IneligibleReason = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, in a sentence for people (English).")
