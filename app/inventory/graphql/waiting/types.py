"""Lines that wait for units, as the API shows them."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import orders_by_id
from app.inventory.graphql.batches import transfers_by_id
from app.inventory.graphql.movements import caused_by
from app.inventory.graphql.purchases.types import PurchaseOrder, visible_purchase_orders_by_id
from app.inventory.graphql.types import LazyLocation, LazyOrder, LazyVariant, Transfer
from app.inventory.graphql.waiting.outlooks import outlooks_by_line
from app.inventory.model import CauseKind, OwnerKind
from app.inventory.model.selling import SellingPolicy
from app.locations.graphql.batches import locations_by_id, locations_of_list


@strawberry.type(description="Units that will serve a line that waits.")
class WaitingSource(Entity):
    """A part of what is there, or of one line of what brings units."""

    location_id: strawberry.Private[int]
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.location_id,
        required=True,
        description="Where they are, or will be.",
    )
    quantity: int = strawberry.field(description="Units of it for this line.")
    expected_on: date | None = strawberry.field(
        description="The day on which they are expected, in Japan; null when they are there."
    )
    purchase_order = relation(
        PurchaseOrder,
        visible_purchase_orders_by_id,
        key=caused_by(CauseKind.PURCHASE_ORDER),
        description="The purchase order that brings them, if one does.",
    )
    transfer = relation(
        Transfer,
        transfers_by_id,
        key=caused_by(OwnerKind.TRANSFER),
        description="The transfer that brings them, if one does.",
    )
    line_no: int | None = strawberry.field(description="The line of the purchase order or transfer.")


@strawberry.type(description="When a line that waits will be served, if everything comes on its day and all pay.")
class WaitingOutlook(Entity):
    """Made of the queue, the units that are there, and those that are expected on a known day."""

    units_ahead: int = strawberry.field(description="Units of the variant that have waited for longer.")
    served_on: date | None = strawberry.field(
        description="The day on which the line can be served as a whole, in Japan; null when what is there and "
        "expected on a day that has not passed is too little."
    )
    sources: list[WaitingSource] = strawberry.field(
        description="What will serve it; keys limited to locations see those at their locations only."
    )


@strawberry.type(description="A line of an order whose units were sold before anybody has them.")
class WaitingLine(Entity):
    """A row of `backorders`."""

    owner_kind: strawberry.Private[str]
    owner_id: strawberry.Private[UUID]
    entry_id: strawberry.Private[int]
    variant_id: strawberry.Private[int]
    candidates: strawberry.Private[list[int]]
    created_at: strawberry.Private[datetime]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    order = relation(
        LazyOrder,
        orders_by_id,
        key=lambda row: row.owner_id if row.owner_kind == OwnerKind.ORDER else None,
        reads=("owner_id", "owner_kind"),
        description="The order; null for partners, who never see whose it is.",
    )
    line_no: int = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units that it waits for; they are served together.")
    kind: SellingPolicy = strawberry.field(description="Whether it was ordered as a backorder or before a release.")
    promised_on: date = strawberry.field(description="The day that the buyer was promised, in Japan.")
    expires_at: datetime | None = strawberry.field(
        description="Until when it waits unless its payment is settled; null once it is: then it waits for good."
    )
    locations = relation(
        LazyLocation,
        locations_of_list,
        key=lambda row: tuple(row.candidates),
        reads=("candidates",),
        many=True,
        description="The locations that may serve it, best first.",
    )
    outlook = relation(
        WaitingOutlook,
        outlooks_by_line,
        key=lambda row: (row.variant_id, row.entry_id),
        description="When it will be served, and from what; null behind the first 1,000 lines for the variant.",
    )

    @strawberry.field(description="Since when it has waited.")
    def waiting_since(self) -> datetime:
        """When the row was written."""
        return self.created_at
