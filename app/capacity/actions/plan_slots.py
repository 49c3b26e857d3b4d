"""Orders that are collected in a slot are planned a place in it each, first come first served."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.capacity.model.slot_refusals import others, slot_refusal
from app.capacity.model.slots import Slot, SlotBoard, SlotKey, SlotReason, SlotWish
from app.capacity.sql import slots as sql
from app.kit.db import ReadTx, WriteTx
from app.kit.errors import DomainError


@dataclass(slots=True)
class SlotsPlan:
    """What was planned in locked slots, not written yet. refused: by order, the wish that was refused, and why."""

    board: SlotBoard = field(default_factory=SlotBoard)
    planned: list[tuple[SlotWish, Slot]] = field(default_factory=list[tuple[SlotWish, Slot]])
    refused: dict[UUID, tuple[SlotWish, SlotReason]] = field(default_factory=dict[UUID, tuple[SlotWish, SlotReason]])

    async def refusals(self, tx: ReadTx, *path: str) -> Mapping[UUID, DomainError]:
        """What the buyers of the refused orders are told, with other slots of the store; once the others are written.

        One statement.
        """
        if not self.refused:
            return {}
        places = {wish.location_id for wish, _ in self.refused.values()}
        since = min(wish.now for wish, _ in self.refused.values())
        board = SlotBoard(self.board.plans, await sql.booked_since(tx, places, since))
        return {
            order_id: slot_refusal(
                reason, wish.location_id, wish.begins, others(board, wish.location_id, wish.now), path=path
            )
            for order_id, (wish, reason) in self.refused.items()
        }

    async def keep(self, tx: WriteTx, delivery_ids: Collection[UUID]) -> None:
        """Write what was planned for these deliveries; the others go without. Once, in the same transaction."""
        kept = [(wish, slot) for wish, slot in self.planned if wish.delivery_id in delivery_ids]
        if kept:
            counts = Counter[SlotKey]((slot.location_id, slot.begins) for _, slot in kept)
            await sql.count_slots(tx, counts)
            await sql.write_bookings(tx, kept)


async def plan_slots(tx: WriteTx, wishes: Sequence[SlotWish]) -> SlotsPlan:
    """Look for a place in the slot of each wish, in their order: an order has all of its own, or none.

    Locks the plans and the slots until the transaction ends. Two statements, none without wishes. `SlotsPlan.keep`
    writes.
    """
    if not wishes:
        return SlotsPlan()
    plan = SlotsPlan(SlotBoard(await sql.share_plans(tx, {wish.location_id for wish in wishes})))
    slots: dict[SlotKey, Slot] = {}
    for wish in wishes:
        reason = plan.board.reason(wish.location_id, wish.begins, wish.now)
        slot = None if reason else plan.board.plans[wish.location_id].slot_at(wish.begins)
        if slot is not None:
            slots[wish.location_id, wish.begins] = slot
        elif reason is not None:
            plan.refused.setdefault(wish.order_id, (wish, reason))
    if slots:
        plan.board.booked |= await sql.take_slots(tx, slots.values())
    for wish in wishes:
        if wish.order_id not in plan.refused:
            _plan(plan, wish, slots[wish.location_id, wish.begins])
    return plan


def _plan(plan: SlotsPlan, wish: SlotWish, slot: Slot) -> None:
    key = (slot.location_id, slot.begins)
    if plan.board.left(slot):
        plan.board.booked[key] += 1
        plan.planned.append((wish, slot))
        return
    plan.refused[wish.order_id] = (wish, SlotReason.FULL)
    for other, taken in plan.planned:
        if other.order_id == wish.order_id:
            plan.board.booked[taken.location_id, taken.begins] -= 1
    plan.planned = [one for one in plan.planned if one[0].order_id != wish.order_id]
