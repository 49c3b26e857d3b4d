"""A store's pickup slots are planned, or planned anew."""

from dataclasses import replace
from datetime import datetime

from app.capacity.model.slots import (
    MAX_DAYS_AHEAD,
    MAX_LEAD_MINUTES,
    MAX_TRANSFER_DAYS,
    Slot,
    SlotPlan,
    check_windows,
)
from app.capacity.sql import slots as sql
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput


async def save_slots(tx: WriteTx, plan: SlotPlan, *, now: datetime) -> list[tuple[Slot, int]]:
    """Write a store's plan in place of the one before; without any window it has no slots from then on. Its time zone
    and hours are read.

    Who has a slot keeps it, whatever becomes of it. Returns the slots to come that have more orders now than they take,
    with how many they have: they take nobody until fewer are left. Raises InvalidInput.
    """
    store = await sql.find_store(tx, plan.location_id)
    if store is None:
        raise InvalidInput("Only a store that hands over has pickup slots.", path=["input", "locationId"])
    plan = replace(plan, timezone=store.timezone, hours=store.hours)
    _check(plan, now)
    await sql.save_plan(tx, plan)
    upcoming = await sql.lock_upcoming(tx, plan.location_id, now)
    planned = {row.begins: plan.slot_at(row.begins) for row in upcoming}
    if planned:
        await sql.replan_slots(tx, plan.location_id, planned)
    slots = [(planned[row.begins] or Slot(row.location_id, row.begins, row.ends, 0), row.booked) for row in upcoming]
    return [(slot, booked) for slot, booked in slots if booked > slot.capacity]


def _check(plan: SlotPlan, now: datetime) -> None:
    for name, days in (("week", plan.week), ("days", plan.days)):
        for number, windows in enumerate(days.values()):
            try:
                check_windows(windows)
            except InvalidInput as refusal:
                raise refusal.at("input", name, str(number), "windows") from None
    limits = {
        "leadMinutes": (plan.lead_minutes, MAX_LEAD_MINUTES),
        "transferDays": (plan.transfer_days, MAX_TRANSFER_DAYS),
        "daysAhead": (plan.days_ahead, MAX_DAYS_AHEAD),
    }
    for name, (given, most) in limits.items():
        if not 0 <= given <= most:
            raise InvalidInput(f"0 to {most}.", path=["input", name])
    if plan.is_on and plan.earliest(now) is None:
        message = "The store is not open for so long within two weeks."
        raise InvalidInput(message, path=["input", "leadMinutes"])
