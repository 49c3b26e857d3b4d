"""What an order asks of lockers."""

from collections.abc import Mapping
from typing import Any

from app.capacity.model.claims import CompartmentWish
from app.capacity.model.parcels import parcel_of
from app.orders.model import OrderDraft
from app.sourcing.model import DeliveryMode


def compartment_wishes(draft: OrderDraft, goods: Mapping[int, Any]) -> list[CompartmentWish]:
    """One for each delivery to a locker station. goods: rows of what is sold, by variant id."""
    return [
        CompartmentWish(
            delivery.id,
            draft.id,
            delivery.location_id,
            parcel_of(
                (goods[line.variant_id], line.quantity) for line in draft.lines if line.delivery_id == delivery.id
            ),
            draft.placed_at,
        )
        for delivery in draft.deliveries
        if delivery.mode == DeliveryMode.LOCKER_PICKUP and delivery.location_id is not None
    ]
