"""What is expected where, on which day, and what brings it."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.inventory.graphql.arguments import (
    After,
    First,
    LocationIds,
    argument,
    locations_of,
    positive,
    uuid_of,
    variants_of,
)
from app.inventory.graphql.batches import transfers_by_id
from app.inventory.graphql.movements import caused_by
from app.inventory.graphql.purchases.types import PurchaseOrder, visible_purchase_orders_by_id
from app.inventory.graphql.types import LazyLocation, LazyVariant, Transfer
from app.inventory.model import CauseKind, OwnerKind
from app.inventory.model.promises import day_in_japan
from app.inventory.sql.incoming import INCOMING_PAGE
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size
from app.locations.graphql.batches import locations_by_id


@strawberry.type(description="Units of a variant that are expected at a location.")
class IncomingSupply(Entity):
    """One line of an open purchase order, or of a transfer under way that belongs to no order."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="Where it arrives."
    )
    quantity: int = strawberry.field(description="Units that have not come yet.")
    expected_on: date | None = strawberry.field(description="The day, in Japan; null when nobody knows.")
    is_late: bool = strawberry.field(
        description="Whether that day has passed. Late units are promised to nobody until they have a new day."
    )
    purchase_order = relation(
        PurchaseOrder,
        visible_purchase_orders_by_id,
        key=caused_by(CauseKind.PURCHASE_ORDER),
        description="The purchase order that brings them.",
    )
    transfer = relation(
        Transfer, transfers_by_id, key=caused_by(OwnerKind.TRANSFER), description="The transfer that brings them."
    )
    line_no: int = strawberry.field(description="The line of the purchase order or transfer.")


@strawberry.type
class IncomingQuery:
    """For people and systems that work with stock; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=Connection[IncomingSupply],
        description="Units that are expected: of open purchase orders and of transfers under way.",
        **requires("stock:read"),
    )
    async def incoming_supplies(
        self,
        info: Info,
        *,
        skus: Annotated[list[str], argument(description="The variants, at most 100.")],
        location_ids: LocationIds = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """By variant."""
        context = info.context
        limit = page_size(first)
        behind = decode_cursor(after, [int, str, int]) if after is not None else (0, str(UUID(int=0)), 0)
        rows = await context.fetch(
            INCOMING_PAGE,
            variant_ids=[*(await variants_of(context, skus)).values()],
            location_ids=await locations_of(context, location_ids),
            today=day_in_japan(context.now),
            after_variant_id=positive(behind[0]),
            after_cause_id=uuid_of(behind[1]),
            after_line_no=positive(behind[2], bits=31),
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["variant_id", "cause", "line_no"], after=after))
