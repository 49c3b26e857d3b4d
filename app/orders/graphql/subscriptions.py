"""Orders as they change."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.orders.graphql.live import OrderLive
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
        """One stream for all who may see the same of it."""
        live: Any = OrderLive(info.context, require_uuid(id, "Order", "id"))
        return live
