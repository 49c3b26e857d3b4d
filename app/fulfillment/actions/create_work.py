"""Staff asks for work that nothing else asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.fulfillment.model import FulfillmentKind, FulfillmentState, WorkKind, WorkStatus, may_touch
from app.fulfillment.model.pickups import PickupStatus, is_over
from app.fulfillment.model.work import RAISED_BY_ITSELF
from app.fulfillment.sql import fulfillments, pickups, work, work_steps
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.orders.sql import lock_order

_PATH = ["input", "kind"]


@dataclass(frozen=True, slots=True)
class WorkDraft:
    """Work to ask for. lines: (variant id, units). fulfillment_id: what to pack. pickup_id: what has come back, or goes
    into a locker.
    """

    kind: WorkKind
    location_id: int | None = None
    fulfillment_id: UUID | None = None
    pickup_id: UUID | None = None
    note: str | None = None
    due_at: datetime | None = None
    lines: Sequence[tuple[int, int]] = ()


async def create_work(tx: WriteTx, draft: WorkDraft, *, actor: Actor, now: datetime) -> UUID:
    """PACK work about an open parcel, or work about a pickup, about goods, or about what its note says.

    The caller has checked that it may act at the location, which PACK work and work about a pickup have of their own.
    Raises NotFound, InvalidInput for kinds that orders and transfers ask for by themselves and for work about nothing,
    InvalidTransition when the parcel has left, is canceled or is to be packed already, or the pickup is over.
    """
    if draft.kind in RAISED_BY_ITSELF:
        message = f"Orders and transfers ask for {draft.kind} work by themselves."
        raise InvalidInput(message, path=_PATH)
    if draft.kind is WorkKind.PACK:
        new = await _packing(tx, draft, actor)
    elif draft.pickup_id is not None:
        new = await _about_pickup(tx, draft, actor)
    else:
        new = _about_goods(draft)
    await work.insert_work(tx, [new], now=now)
    if not await work_steps.find_works(tx, [new.id]):
        message = f"There is {draft.kind} work about this already."
        raise InvalidTransition(message, current_status=WorkStatus.OPEN)
    if draft.lines:
        await work_steps.insert_lines(tx, new.id, draft.lines)
    if new.kind is WorkKind.PACK:
        await _let_shipping_wait(tx, new)
    told = (new.id, "CREATE", new.status, {} if new.note is None else {"note": new.note})
    await work_steps.tell_works(tx, [told], actor=actor.reference, now=now)
    return new.id


async def _packing(tx: WriteTx, draft: WorkDraft, actor: Actor) -> work.NewWork:
    """Behind its picking, and before its shipping."""
    if draft.fulfillment_id is None or draft.lines or draft.pickup_id is not None:
        message = "PACK work is about a fulfillment, and about all of it."
        raise InvalidInput(message, path=["input", "fulfillmentId"])
    found = await fulfillments.find_fulfillment(tx, draft.fulfillment_id)
    if found is None or not may_touch(actor, partner_id=found["partner_id"], location_id=found["location_id"]):
        message = "There is no such fulfillment."
        raise NotFound(message, path=["input", "fulfillmentId"])
    await lock_order(tx, found["order_id"])
    parcel = await fulfillments.lock_fulfillment(tx, draft.fulfillment_id)
    if parcel is None or parcel["status"] != FulfillmentState.OPEN or parcel["kind"] != FulfillmentKind.SHIP:
        message = "Only parcels that have not left are packed."
        raise InvalidTransition(message, current_status=found["status"])
    is_picked = await work.is_done(tx, draft.fulfillment_id, WorkKind.PICK)
    return work.NewWork(
        WorkKind.PACK,
        found["location_id"],
        WorkStatus.OPEN if is_picked else WorkStatus.WAITING,
        found["order_id"],
        fulfillment_id=draft.fulfillment_id,
        due_at=draft.due_at,
        note=draft.note,
    )


async def _about_pickup(tx: WriteTx, draft: WorkDraft, actor: Actor) -> work.NewWork:
    if draft.kind is WorkKind.COUNT or draft.lines or draft.fulfillment_id is not None:
        message = "Work about a pickup is to put it into a locker or to inspect what comes back, all of it."
        raise InvalidInput(message, path=["input", "pickupId"])
    pickup = None if draft.pickup_id is None else await pickups.find_pickup(tx, draft.pickup_id)
    if pickup is None or not may_touch(actor, partner_id=pickup["partner_id"], location_id=pickup["location_id"]):
        message = "There is no such pickup."
        raise NotFound(message, path=["input", "pickupId"])
    await lock_order(tx, pickup["order_id"])
    status = (await pickups.lock_pickups(tx, [pickup["id"]]))[pickup["id"]]["status"]
    if status == PickupStatus.CANCELED or (draft.kind is WorkKind.LOCKER_DROP_OFF and is_over(status)):
        message = "Nothing is to be done about this pickup any more."
        raise InvalidTransition(message, current_status=status)
    place = pickup["location_id"] if draft.location_id is None else draft.location_id
    return work.NewWork(
        draft.kind,
        place,
        WorkStatus.OPEN,
        pickup["order_id"],
        pickup_id=draft.pickup_id,
        due_at=draft.due_at,
        note=draft.note,
    )


def _about_goods(draft: WorkDraft) -> work.NewWork:
    if draft.kind is WorkKind.LOCKER_DROP_OFF:
        message = "What goes into a locker is a pickup's."
        raise InvalidInput(message, path=["input", "pickupId"])
    if draft.location_id is None or draft.fulfillment_id is not None:
        message = "Say where, and about which goods."
        raise InvalidInput(message, path=["input", "locationId"])
    if not draft.lines and draft.note is None:
        message = "Say what the work is about: name goods or write a note."
        raise InvalidInput(message, path=["input", "lines"])
    return work.NewWork(draft.kind, draft.location_id, WorkStatus.OPEN, None, due_at=draft.due_at, note=draft.note)


async def _let_shipping_wait(tx: WriteTx, packing: work.NewWork) -> None:
    if packing.fulfillment_id is not None:
        await work.let_wait(tx, [packing.fulfillment_id], WorkKind.SHIP)
