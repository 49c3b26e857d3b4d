"""GraphQL types of orders."""

from app.orders.graphql.types.lines import Allocation, OrderDelivery, OrderLine
from app.orders.graphql.types.orders import Order, OrderHistoryEntry, OrderSource

__all__ = [
    "Allocation",
    "Order",
    "OrderDelivery",
    "OrderHistoryEntry",
    "OrderLine",
    "OrderSource",
]
