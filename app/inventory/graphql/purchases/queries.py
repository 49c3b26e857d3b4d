"""Root fields for purchase orders."""

from typing import Annotated, Any

import strawberry

from app.inventory.graphql.arguments import After, First, LocationId, locations_of, uuid_of, variants_of
from app.inventory.graphql.purchases.types import PurchaseOrder, visible_purchase_orders_by_id
from app.inventory.model.purchases import PurchaseOrderStatus
from app.inventory.sql import purchase_orders
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import Page, decode_cursor, make_page, page_size

argument = strawberry.argument


@strawberry.type
class PurchaseOrderQuery:
    """For people and systems that buy; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=PurchaseOrder | None,
        description="The purchase order with this id; null when there is none, or none that the caller may see.",
        **requires("stock:read"),
    )
    async def purchase_order(
        self, info: Info, id: Annotated[strawberry.ID, argument(description="The purchase order's id.")]
    ) -> Any:
        """One purchase order."""
        key = require_uuid(id, "PurchaseOrder", "id")
        return (await visible_purchase_orders_by_id(info.context, [key], None)).get(key)

    @strawberry.field(
        graphql_type=Connection[PurchaseOrder], description="Purchase orders, newest first.", **requires("stock:read")
    )
    async def purchase_orders(
        self,
        info: Info,
        *,
        status: Annotated[PurchaseOrderStatus | None, argument(description="Only in this state.")] = None,
        location_id: LocationId = None,
        sku: Annotated[str | None, argument(description="Only those with this variant.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """An unknown SKU finds none."""
        context = info.context
        limit = page_size(first)
        variant_id = None if sku is None else (await variants_of(context, [sku])).get(sku, 0)
        rows = await context.fetch(
            purchase_orders.PURCHASE_ORDER_PAGE,
            location_ids=await locations_of(context, None if location_id is None else [location_id], name="locationId"),
            status=None if status is None else status.value,
            variant_id=variant_id,
            after=None if after is None else uuid_of(decode_cursor(after, [str])[0]),
            limit=limit + 1,
        )
        page: Page = make_page(rows, limit, ["cursor"], after=after)
        return connection(page)
