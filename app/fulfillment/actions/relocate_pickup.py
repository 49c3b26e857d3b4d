"""A parcel for a locker that cannot take it goes to another station."""

from datetime import datetime
from typing import Final
from uuid import UUID

from app.capacity.actions.move_claim import move_claim
from app.fulfillment.actions.move_pickup import tell_of_pickups
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model import may_touch
from app.fulfillment.model.lockers import LOCKER_MODE
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.sql import lockers
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.locations.sql import places_by_id
from app.orders.actions.add_history import add_history
from app.orders.actions.redirect_delivery import redirect_delivery
from app.orders.model import OrderHistoryKind

# Not while the goods lie somewhere for their buyer, and not when all is over.
_MOVABLE: Final = frozenset(
    {
        PickupStatus.REQUESTED,
        PickupStatus.PREPARING,
        PickupStatus.IN_TRANSIT_TO_POINT,
        PickupStatus.ARRIVED,
        PickupStatus.RETURNING,
    }
)


async def relocate_pickup(tx: WriteTx, pickup_id: UUID, location_id: int, *, actor: Actor, now: datetime) -> str | None:
    """The pickup takes place at another locker station, whose company has it in its queue from now on.

    Returns the code of the compartment that is kept for it there; None where nobody has told them. The first company
    does not see it any more; what it reported stays. Raises NotFound (pickup, station), InvalidInput for a pickup that
    is at no locker and for a station where it is too warm, InvalidTransition when its goods can be
    collected or it is over, LockerFull.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.mode != LOCKER_MODE:
        raise InvalidInput("This pickup takes place at no locker.", path=["input", "pickupId"])
    if pickup.status not in _MOVABLE or (pickup.status == PickupStatus.ARRIVED and pickup.status_reason is None):
        message = f"A pickup that is {pickup.status} stays where it is."
        raise InvalidTransition(message, path=["input", "pickupId"], current_status=pickup.status)
    target = await lockers.find_target(tx, order.id, location_id)
    is_own = target is not None and may_touch(actor, partner_id=target.partner_id, location_id=target.id)
    if target is None or not is_own or location_id == pickup.location_id:
        raise NotFound("There is no such other station.", path=["input", "locationId"])
    [wish] = await lockers.wishes_of(tx, order.id, {pickup.delivery_id: location_id}, now)
    if wish.parcel.temperature not in (await places_by_id(tx, [target.id]))[target.id].takes:
        message = f"Goods that are {wish.parcel.temperature} cannot wait at this station."
        raise InvalidInput(message, path=["input", "locationId"])
    code = await move_claim(tx, wish, now=now)
    rows = await lockers.place_pickup(tx, pickup.id, location_id=target.id, partner_id=target.partner_id)
    await redirect_delivery(tx, pickup.delivery_id, target.id)
    await tell_of_pickups(tx, rows)
    facts = {"pickup": pickup.number, "from": str(pickup.location_id), "to": str(target.id)}
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_CHANGED, actor=actor.reference, now=now, facts=facts)
    return code
