"""Parcels, their carriers, and what carriers tell of them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql import batches
from app.fulfillment.model.packages import (
    NumberRule,
    PackageStatus,
    TemperatureClass,
    TrackingKind,
    tracking_url,
)
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import localized

if TYPE_CHECKING:
    from app.fulfillment.graphql.types.pickups import Shipment

LazyShipment = Annotated["Shipment", strawberry.lazy("app.fulfillment.graphql.types.pickups")]

describe_enum(
    TemperatureClass,
    "How cold a parcel is kept on its way.",
    {
        TemperatureClass.NORMAL: "As it comes.",
        TemperatureClass.CHILLED: "Chilled.",
        TemperatureClass.FROZEN: "Frozen.",
    },
)
describe_enum(
    NumberRule,
    "What a carrier's tracking numbers look like. Others are kept, too, and marked as not plausible.",
    {
        NumberRule.ANY: "Anything goes.",
        NumberRule.TWELVE_MOD_7: "12 digits, of which the last is the number of the first 11 modulo 7.",
    },
)
describe_enum(
    PackageStatus,
    "Where a parcel is, as far as its carrier told.",
    {
        PackageStatus.LABELED: "It has left; its carrier has not told of it yet.",
        PackageStatus.HANDED_OVER: "The carrier has it.",
        PackageStatus.IN_TRANSIT: "It is between the carrier's depots.",
        PackageStatus.OUT_FOR_DELIVERY: "The carrier is bringing it to the buyer.",
        PackageStatus.DELIVERY_ATTEMPTED: "Nobody was there to take it; the carrier has it.",
        PackageStatus.AT_POINT: "It is at the point where it is collected.",
        PackageStatus.REFUSED: "The buyer did not take it; it will come back.",
        PackageStatus.LOST: "The carrier cannot find it. It may turn up again.",
        PackageStatus.RETURNING: "It is on its way back.",
        PackageStatus.RETURNED: "The carrier has brought it back; nobody has unpacked it yet.",
        PackageStatus.DELIVERED: "The buyer has it.",
        PackageStatus.TAKEN_BACK: "It was unpacked in the house again.",
    },
)
describe_enum(
    TrackingKind,
    "What can be told of a parcel that has left.",
    {
        TrackingKind.HANDED_OVER: "The carrier has taken it.",
        TrackingKind.IN_TRANSIT: "It was scanned on its way.",
        TrackingKind.OUT_FOR_DELIVERY: "It left the last depot for the buyer.",
        TrackingKind.DELIVERY_ATTEMPTED: "Nobody was there to take it.",
        TrackingKind.AT_POINT: "It is at the point where it is collected. When all parcels of a pickup are, the "
        "pickup has arrived.",
        TrackingKind.REFUSED: "The buyer did not take it.",
        TrackingKind.LOST: "It cannot be found.",
        TrackingKind.RETURNING: "It left on its way back to the sender.",
        TrackingKind.RETURNED: "It was brought back to the sender.",
        TrackingKind.DELIVERED: "The buyer has it. This counts whatever else is told, except that it is back.",
        TrackingKind.TAKEN_BACK: "It was unpacked in the house. Told by `shipmentTakeBack` only.",
    },
)


@strawberry.type(description="A company that brings parcels.")
class Carrier(Entity):
    """A row of `carriers`."""

    code: str = strawberry.field(description="By which shipments name it, such as `yamato`.")
    name = localized("names", description="Its name.")
    tracking_url: str | None = strawberry.field(
        description="The page on which people follow a parcel, with `{number}` in the place of its number."
    )
    number_rule: NumberRule = strawberry.field(description="What its tracking numbers look like.")


@strawberry.type(description="What somebody told of a parcel. It is never changed; what came of it may.")
class TrackingReport(Entity):
    """A row of `tracking_reports`."""

    kind: TrackingKind = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When it happened, by the clock of who told it (UTC).")
    received_at: datetime = strawberry.field(description="When it was heard of (UTC).")
    place_name: str | None = strawberry.field(description="Where, as the carrier calls it.")
    note: str | None = strawberry.field(description="In words of the carrier.")


@strawberry.type(description="A parcel of a shipment.")
class Package(Entity, Node):
    """A row of `packages`."""

    id = id_field("Package")
    shipment_id: strawberry.Private[UUID]
    number: int = strawberry.field(description="Its number among the parcels of its shipment, from 1.")
    carrier: str = strawberry.field(description="The carrier's code, or as the shipping location named it.")
    carrier_details = relation(
        Carrier,
        batches.carriers_by_code,
        key=lambda package: package.carrier,
        description="The carrier; null when the shop does not know it.",
    )
    tracking_number: str = strawberry.field(description="The carrier's number of it.")

    @strawberry.field(description="Where people follow it; null when the carrier has no such page.")
    def tracking_url(self) -> str | None:
        """The carrier's page, with the number."""
        return tracking_url(self["tracking_url"], self.tracking_number)  # pyright: ignore[reportIndexIssue]

    is_number_plausible: bool = strawberry.field(
        description="Whether the number looks like one of its carrier. A wrong one is kept: look at the label again."
    )
    service: str | None = strawberry.field(description="The carrier's product, in its own words.")
    length_mm: int | None = strawberry.field(description="The first side in mm.")
    width_mm: int | None = strawberry.field(description="The second side in mm.")
    height_mm: int | None = strawberry.field(description="The third side in mm.")
    weight_g: int | None = strawberry.field(description="Weight in g.")
    temperature: TemperatureClass = strawberry.field(description="How cold it is kept.")
    status: PackageStatus = strawberry.field(description="Where it is, as far as its carrier told.")
    status_at: datetime | None = strawberry.field(description="Since when (UTC); null while nothing was told.")
    delivered_at: datetime | None = strawberry.field(description="When the buyer got it (UTC).")
    attempts: int = strawberry.field(description="How often nobody was there to take it.")
    place_name: str | None = strawberry.field(description="Where it was last, as the carrier calls it.")
    note: str | None = strawberry.field(description="What the carrier said of it last.")
    return_tracking_number: str | None = strawberry.field(description="Its number on its way back.")
    tracking_reports = relation(
        TrackingReport,
        batches.tracking_by_package,
        key=lambda package: package.id,
        many=True,
        description="All that was ever told of it, in the order in which it happened.",
    )
    shipment = relation(
        LazyShipment,
        batches.shipments_by_id,
        key=lambda package: package.shipment_id,
        description="What it is part of; for staff.",
    )


NODE_TYPES["Package"] = NodeType(UUID, batches.packages_by_id)
