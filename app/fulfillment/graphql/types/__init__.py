"""GraphQL types of fulfillment."""

from app.fulfillment.graphql.types.fulfillments import Fulfillment
from app.fulfillment.graphql.types.packages import Carrier, Package
from app.fulfillment.graphql.types.pick_lists import PickList
from app.fulfillment.graphql.types.pickups import FulfillmentLine, LazyOrder, Pickup, Shipment
from app.fulfillment.graphql.types.work import WorkCount, WorkInstruction

__all__ = [
    "Carrier",
    "Fulfillment",
    "FulfillmentLine",
    "LazyOrder",
    "Package",
    "PickList",
    "Pickup",
    "Shipment",
    "WorkCount",
    "WorkInstruction",
]
