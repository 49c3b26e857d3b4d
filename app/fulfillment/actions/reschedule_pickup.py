"""A pickup takes place in another slot."""

from datetime import datetime
from uuid import UUID

from app.capacity.actions.move_slot import move_slot
from app.capacity.model.slots import SlotWish
from app.capacity.sql.slots import find_plans
from app.fulfillment.actions.move_pickup import tell_of_pickups
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model.pickups import COLLECTABLE, POINT_MODES, PickupStatus
from app.fulfillment.sql import pickup_slots
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.permissions import Actor, ActorKind
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind

_MOVABLE = frozenset({PickupStatus.REQUESTED, PickupStatus.PREPARING, *COLLECTABLE})


async def reschedule_pickup(
    tx: WriteTx, pickup_id: UUID, begins: datetime, *, order_id: UUID | None = None, actor: Actor, now: datetime
) -> None:
    """The pickup takes place in the slot of its store that begins then; the slot that it had is free for others.

    Its preparation is due then. Shoppers name the order, too. The slot that it has changes nothing. Raises NotFound,
    InvalidTransition when it is at no own store or over, SlotFull, or SlotNotOffered, also when its goods are not there
    by then or are not kept until then.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if actor.kind is ActorKind.SHOPPER and order.id != order_id:
        raise NotFound("There is no such pickup.")
    require_movable(pickup)
    ready, until = await span_of(tx, pickup, now)
    wish = SlotWish(pickup.delivery_id, order.id, pickup.location_id, begins, now)
    slot = await move_slot(tx, wish, ready=ready, until=until)
    if slot is None:
        return
    prepared = await pickup_slots.preparing(tx, pickup.delivery_id)
    await pickup_slots.set_due(tx, dict.fromkeys(prepared, slot.begins))
    await tell_of_pickups(tx, await pickup_slots.touch_pickup(tx, pickup.id))
    facts = {"pickup": pickup.number, "slotBegins": slot.begins.isoformat(), "slotEnds": slot.ends.isoformat()}
    if pickup.slot_begins is not None:
        facts["slotBefore"] = pickup.slot_begins.isoformat()
    await add_history(tx, order.id, OrderHistoryKind.PICKUP_CHANGED, actor=actor.reference, now=now, facts=facts)


def require_movable(pickup: Row) -> None:
    """Raises InvalidTransition for a pickup (row of `sql.pickups`) that takes place in no slot, or did."""
    if pickup.mode in POINT_MODES or pickup.status not in _MOVABLE:
        message = "This pickup cannot take place in another slot."
        raise InvalidTransition(message, path=["input", "pickupId"], current_status=pickup.status)


async def span_of(tx: ReadTx, pickup: Row, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when on the goods of a pickup are at its store, if they are not yet, and until when they are kept, if they
    are ready.
    """
    if pickup.status in COLLECTABLE:
        return None, pickup.hold_until
    if pickup.status != PickupStatus.REQUESTED:
        return None, None
    plan = (await find_plans(tx, [pickup.location_id])).get(pickup.location_id)
    arrivals = await pickup_slots.expected_arrivals(tx, pickup.order_id, pickup.location_id)
    if plan is None or not arrivals:
        return None, None
    return max(max(row.expected_at or plan.transferred(row.created_at), now) for row in arrivals), None
