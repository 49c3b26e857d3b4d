"""Orders as they change."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from app.kit.clock import utc_now
from app.kit.errors import NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.orders.graphql.batches import orders_by_id
from app.orders.graphql.types import Order


@strawberry.type
class OrdersSubscription:
    """Whoever may read an order may listen to it."""

    @strawberry.subscription(
        graphql_type=Order,
        description="The order as it is, at once, and again after each change of its states and each step of its "
        "work, parcels, transfers and pickups; versions only rise. Changes that follow one another quickly may come "
        "as one.",
    )
    async def order_changed(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
    ) -> AsyncGenerator[Any, None]:
        """Listening begins before the first look, so that no change falls in between."""
        context = info.context
        key = require_uuid(id, "Order", "id")
        async with context.feed.subscribe("order", [str(key)]) as changes:
            order = (await orders_by_id(context, [key], None)).get(key)
            if order is None:
                message = "There is no such order."
                raise NotFound(message, path=["id"])
            yield order
            async for change in changes:
                if change["version"] <= order.version:
                    continue
                context.renew(utc_now())
                order = (await orders_by_id(context, [key], None))[key]
                yield order
