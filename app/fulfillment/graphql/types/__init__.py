"""GraphQL types of fulfillment."""

from app.fulfillment.graphql.types.fulfillments import Fulfillment, WorkInstruction
from app.fulfillment.graphql.types.pickups import FulfillmentLine, LazyOrder, Pickup, Shipment

__all__ = ["Fulfillment", "FulfillmentLine", "LazyOrder", "Pickup", "Shipment", "WorkInstruction"]
