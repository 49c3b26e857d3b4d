"""Pickups and parcels, with the goods in them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.capacity.graphql.batches import reservations_by_delivery
from app.capacity.graphql.slots import PickupSlotTime, slots_by_delivery
from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.exceptions.graphql.batches import cases_by_pickup
from app.exceptions.graphql.types import ExceptionCase
from app.fulfillment.graphql import batches
from app.fulfillment.graphql.types.carrier_codes import CarrierCode, may_see_code
from app.fulfillment.graphql.types.packages import Package
from app.fulfillment.graphql.types.reports import PickupReport
from app.fulfillment.model.codes import is_verified, pickup_code
from app.fulfillment.model.pickups import PickupExpiryReason, PickupStatus
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import Money, localized
from app.kit.qr import qr_svg
from app.locations.graphql.batches import locations_by_id

if TYPE_CHECKING:
    from app.capacity.graphql.types import CompartmentReservation
    from app.catalog.graphql.types import Variant
    from app.locations.graphql.types import Location
    from app.orders.graphql.types import Order

LazyCompartmentReservation = Annotated["CompartmentReservation", strawberry.lazy("app.capacity.graphql.types")]
LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]
LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]

describe_enum(
    PickupStatus,
    "How far a pickup has come.",
    {
        PickupStatus.REQUESTED: "The goods are not at the place yet that prepares them.",
        PickupStatus.PREPARING: "The goods are being prepared.",
        PickupStatus.IN_TRANSIT_TO_POINT: "The goods are on their way to the point.",
        PickupStatus.ARRIVED: "The goods are at the point and cannot be collected: a code is still missing, or the "
        "point reports a fault.",
        PickupStatus.READY: "The goods can be collected with the pickup code.",
        PickupStatus.EXPIRING: "The goods can still be collected, but not for long: the buyer was reminded.",
        PickupStatus.COLLECTED: "The goods were handed over.",
        PickupStatus.EXPIRED: "The goods are not kept any longer. At an own store the units are on sale again and "
        "their order lines are canceled; a point sends them back.",
        PickupStatus.RETURNING: "The goods are on their way back from the point.",
        PickupStatus.RETURNED: "The goods are back, and their order lines canceled.",
        PickupStatus.CANCELED: "The order was canceled, or all its units were lost on their way to the store.",
    },
)
describe_enum(
    PickupExpiryReason,
    "Why a pickup is given up.",
    {
        PickupExpiryReason.HOLD_ENDED: "Nobody came in time; possible from `holdUntil` on.",
        PickupExpiryReason.POINT_FAULT: "The store or point cannot hand over: it is closed, or a locker is broken.",
        PickupExpiryReason.DAMAGED: "The goods are damaged. At an own store the units are on sale again all the same: "
        "take them out by `stockAdjust`.",
        PickupExpiryReason.BUYER_DECLINED: "The buyer does not want them.",
        PickupExpiryReason.NOT_ACCEPTED: "The point did not take the parcel: it is too big, or the point is full.",
    },
)


@strawberry.type(description="Units of one variant in a fulfillment, pickup or work instruction.")
class FulfillmentLine(Entity):
    """A row of `fulfillment_lines` or `transfer_lines`, or the order line of a delivery."""

    line_no: int = strawberry.field(description="The number of the order's line, or of the transfer's.")
    sku: str = strawberry.field(description="The variant's SKU.")
    name = localized("names", description="The product's name; for orders, as it was sold.")
    quantity: int = strawberry.field(description="Whole units.")
    variant_id: strawberry.Private[int]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda line: line.variant_id, description="The variant as it is now."
    )


@strawberry.type(description="Goods of one fulfillment that have left, in one parcel or in several.")
class Shipment(Entity, Node):
    """A row of `shipments`."""

    id = id_field("Shipment")
    fulfillment_id: strawberry.Private[UUID]
    order_id: strawberry.Private[UUID]
    carrier: str = strawberry.field(description="The carrier of its first parcel.")
    tracking_number: str = strawberry.field(description="The carrier's number of its first parcel.")
    shipped_at: datetime = strawberry.field(description="When it left (UTC).")
    packages = relation(
        Package,
        batches.packages_by_shipment,
        key=lambda shipment: shipment.id,
        many=True,
        description="Its parcels, by their numbers.",
    )
    lines = relation(
        FulfillmentLine,
        batches.lines_by_fulfillment,
        key=lambda shipment: shipment.fulfillment_id,
        many=True,
        description="What is in its parcels together.",
    )
    order = relation(
        LazyOrder,
        batches.orders_by_id,
        key=lambda shipment: shipment.order_id,
        description="The order; null for partners.",
    )


@strawberry.type(description="A hand-over at an own store or at a partner's point.")
class Pickup(Entity, Node):
    """A row of `pickups`."""

    id = id_field("Pickup")
    order_id: strawberry.Private[UUID]
    delivery_id: strawberry.Private[UUID]
    location_id: strawberry.Private[int]
    code_version: strawberry.Private[int]
    has_carrier_code: strawberry.Private[bool]
    verified_at: strawberry.Private[datetime | None]
    due_minor: strawberry.Private[int]
    currency: strawberry.Private[str]
    number: str = strawberry.field(description="The number that people use, such as PU-70000001.")
    order_number: str = strawberry.field(description="The number of its order, such as HK-10000001.")
    status: PickupStatus = strawberry.field(description="How far it has come.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda pickup: pickup.location_id,
        description="Where it is collected.",
    )
    order = relation(
        LazyOrder, batches.orders_by_id, key=lambda pickup: pickup.order_id, description="The order; null for partners."
    )
    lines = relation(
        FulfillmentLine,
        batches.lines_by_delivery,
        key=lambda pickup: pickup.delivery_id,
        many=True,
        description="What is collected.",
    )
    shipments = relation(
        Shipment,
        batches.shipments_by_delivery,
        key=lambda pickup: pickup.delivery_id,
        many=True,
        description="The parcels to the partner's point; empty at own stores.",
    )

    @strawberry.field(
        description="What the shopper pays at this hand-over: the price of its lines, tax included. Zero when the "
        "order is paid otherwise, and when the pickup is over."
    )
    def amount_due(self) -> Money:
        """Each pickup of an order is paid by itself."""
        return Money(amount=self.due_minor, currency=self.currency)

    created_at: datetime = strawberry.field(description="When it was asked for (UTC).")
    arrived_at: datetime | None = strawberry.field(description="Since when the goods are at the point (UTC).")
    ready_by: datetime | None = strawberry.field(
        description="By when the goods are expected to be ready at an own store (UTC). It moves when what has to come "
        "from elsewhere is late: the order's history, `orderChanged` and the webhook `promise.redated` tell. Null at "
        "partners' points, and where nobody can say."
    )
    ready_at: datetime | None = strawberry.field(description="Since when it can be collected (UTC).")
    hold_until: datetime | None = strawberry.field(description="Until when the goods are kept (UTC).")
    collected_at: datetime | None = strawberry.field(description="When it was collected (UTC).")
    expired_at: datetime | None = strawberry.field(description="When it was given up uncollected (UTC).")
    returning_at: datetime | None = strawberry.field(description="When the goods left the point to come back (UTC).")
    returned_at: datetime | None = strawberry.field(description="When the goods were back (UTC).")
    compartment: str | None = strawberry.field(description="Where at the point the goods are, as the point calls it.")
    compartment_reservation = relation(
        LazyCompartmentReservation,
        reservations_by_delivery,
        key=lambda pickup: pickup.delivery_id,
        description="The locker's compartment that is kept for it, or that its goods are in; null where nobody has "
        "told the compartments, and when it is over.",
    )
    slot = relation(
        PickupSlotTime,
        slots_by_delivery,
        key=lambda pickup: pickup.delivery_id,
        description="The slot that is kept for it; null without one, and when it was freed for others.",
    )
    return_tracking_number: str | None = strawberry.field(description="The parcel's number on its way back.")

    @strawberry.field(description="Why the goods cannot be collected, were given up, or come back.")
    def reason(self: Any) -> PickupExpiryReason | None:
        """Of the present state only."""
        return None if self["status_reason"] is None else PickupExpiryReason(self["status_reason"])

    reports = relation(
        PickupReport,
        batches.reports_by_pickup,
        key=lambda pickup: pickup.id,
        many=True,
        description="All that was ever reported of it, in the order in which it happened; empty for shoppers.",
    )
    exception_cases = relation(
        ExceptionCase,
        cases_by_pickup,
        key=lambda pickup: pickup.id,
        many=True,
        description="What a person had or has to solve about it, oldest first; empty without `fulfillment:read`.",
    )
    is_locked: bool = strawberry.field(description="Whether too many wrong codes were tried; staff can unlock it.")

    @strawberry.field(
        description="The code to collect with. Only the holder of the order's id sees it, while it is READY; "
        "null for staff and partners, who ask the shopper for it, and where a carrier gives out its own: `carrierCode`."
    )
    def code(self, info: Info) -> str | None:
        """Derived from the installation's secret key; kept nowhere."""
        return _shown_code(self, info)

    @strawberry.field(
        description="The code as a picture that a scanner at the counter reads: an SVG document with the QR code of "
        "the pickup's number and code, `PU-70000001 123456`. As `code`, for the holder of the order's id only."
    )
    def code_picture(self, info: Info) -> str | None:
        """What it holds can be sent as the `code` of `pickupCodeVerify`, whole."""
        code = _shown_code(self, info)
        return None if code is None else qr_svg(f"{self.number} {code}")

    carrier_code = relation(
        CarrierCode,
        batches.carrier_codes_by_pickup,
        key=lambda pickup: pickup.id,
        description="What the buyer collects with at points whose carrier gives that out; null elsewhere.",
    )

    @strawberry.field(
        description="Who will collect instead of the buyer; for the buyer, and for who hands over. Null: the buyer."
    )
    def collector_name(self: Any) -> str | None:
        """Given by `pickupCollectorSet`."""
        return self["collector_name"]

    announced_at: datetime | None = strawberry.field(description="Since when the buyer waits at the store (UTC).")
    curbside_note: str | None = strawberry.field(description="Where the buyer waits.")

    @strawberry.field(
        description="Whether the right code was said, so that the goods may be handed over: for 15 minutes, unless a "
        "wrong one is said after it or the pickup gets a new one."
    )
    def is_verified(self, info: Info) -> bool:
        """What was collected stays verified no longer than anything else."""
        return is_verified(self.verified_at, info.context.now)

    @strawberry.field(description="How many wrong codes were said; null without the scope `fulfillment:read`.")
    def failed_attempts(self: Any, info: Info) -> int | None:
        """For staff only."""
        return self["failed_attempts"] if info.context.actor.may("fulfillment:read") else None


def _shown_code(pickup: Any, info: Info) -> str | None:
    context = info.context
    if pickup.has_carrier_code or not may_see_code(pickup, context.actor):
        return None
    return pickup_code(context.config.secret_key, pickup.id, pickup.code_version)


NODE_TYPES["Shipment"] = NodeType(UUID, batches.shipments_by_id)
NODE_TYPES["Pickup"] = NodeType(UUID, batches.pickups_by_id)
