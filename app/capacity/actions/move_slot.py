"""A delivery is collected in another slot than planned, or in one at all."""

from datetime import datetime

from app.capacity.model.slot_refusals import others, slot_refusal
from app.capacity.model.slots import Slot, SlotBoard, SlotKey, SlotReason, SlotWish
from app.capacity.sql import slots as sql
from app.kit.db import WriteTx


async def move_slot(
    tx: WriteTx, wish: SlotWish, *, ready: datetime | None = None, until: datetime | None = None
) -> Slot | None:
    """Take the slot of the wish and free the one that the delivery has, in one; returns it, None where it has it.

    ready: from when on its goods are there, if that is later than they can be prepared; until: how long they are kept,
    if they are prepared. The order is locked. Raises SlotFull or SlotNotOffered with other slots of the place, and
    nothing changes then.
    """
    had = next(iter(await sql.find_booked(tx, delivery_ids=[wish.delivery_id])), None)
    if had is not None and (had.location_id, had.begins) == (wish.location_id, wish.begins):
        return None
    board = SlotBoard(await sql.share_plans(tx, [wish.location_id]))
    reason = board.reason(wish.location_id, wish.begins, wish.now, ready=ready, is_prepared=until is not None)
    plan = board.plans.get(wish.location_id)
    slot = None if plan is None else plan.slot_at(wish.begins)
    if reason is None and slot is not None:
        if until is not None and slot.ends > until:
            reason = SlotReason.HOLD_ENDS
        else:
            reason = await _take(tx, wish, slot, None if had is None else (had.location_id, had.begins))
            if reason is None:
                return slot
    board.booked = await sql.booked_since(tx, [wish.location_id], wish.now)
    found = others(board, wish.location_id, wish.now, ready=ready, until=until, is_prepared=until is not None)
    raise slot_refusal(
        reason or SlotReason.NO_SUCH_SLOT, wish.location_id, wish.begins, found, path=["input", "slotBegins"]
    )


async def _take(tx: WriteTx, wish: SlotWish, slot: Slot, had: SlotKey | None) -> SlotReason | None:
    """Why not; None when it is done."""
    key = (slot.location_id, slot.begins)
    # Whoever moves the other way locks both in this order, too.
    if had is not None and had < key:
        await sql.lock_slots(tx, [had])
    if (await sql.take_slots(tx, [slot]))[key] >= slot.capacity:
        return SlotReason.FULL
    if had is not None:
        await sql.lock_slots(tx, [had])
    await sql.count_slots(tx, {key: 1} if had is None else {key: 1, had: -1})
    await sql.write_bookings(tx, [(wish, slot)])
    return None
