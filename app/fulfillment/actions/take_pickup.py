"""Every step of a pickup begins by taking it: its order locked, then itself, and only by who may touch it."""

from typing import NamedTuple
from uuid import UUID

from app.fulfillment.model import may_touch
from app.fulfillment.sql import pickups
from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.kit.permissions import Actor
from app.orders.sql import lock_order


class TakenPickup(NamedTuple):
    """A pickup and its order, all columns, locked until the transaction ends."""

    order: Row
    pickup: Row


async def take_pickup(tx: WriteTx, pickup_id: UUID, *, actor: Actor) -> TakenPickup:
    """Lock a pickup for a step. Raises NotFound when there is none, or none that the caller may touch.

    The order's lock comes first, everywhere, so that two steps never wait for each other in a circle.
    """
    found = await pickups.find_pickup(tx, pickup_id)
    if found is None or not may_touch(actor, partner_id=found.partner_id, location_id=found.location_id):
        message = "There is no such pickup."
        raise NotFound(message)
    order = await lock_order(tx, found.order_id)
    pickup = (await pickups.lock_pickups(tx, [pickup_id])).get(pickup_id)
    if order is None or pickup is None:
        message = "There is no such pickup."
        raise NotFound(message)
    return TakenPickup(order, pickup)
