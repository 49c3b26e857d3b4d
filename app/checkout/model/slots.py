"""What an order asks of pickup slots."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.capacity.model.slots import SlotWish
from app.inventory.model import Demand
from app.orders.model import OrderDraft


def slot_wishes(draft: OrderDraft) -> list[SlotWish]:
    """One for each delivery that is to be collected in a slot."""
    return [
        SlotWish(delivery.id, draft.id, delivery.location_id, delivery.slot_begins, draft.placed_at)
        for delivery in draft.deliveries
        if delivery.slot_begins is not None and delivery.location_id is not None
    ]


def in_time(demands: Iterable[Demand], lines: Iterable[Any], stores: Mapping[UUID, int]) -> tuple[Demand, ...]:
    """The demands of a cart, of which those that have to be collected early come from their store alone.

    lines: rows of the cart, in the order of the demands. stores: by the id of their deliveries.
    """
    return tuple(
        demand
        if (store := stores.get(line.delivery_id)) is None
        else replace(demand, candidates=tuple(place for place in demand.candidates if place == store))
        for demand, line in zip(demands, lines, strict=True)
    )
