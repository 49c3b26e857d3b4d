"""Stores with pickup slots, for tests. NOW is noon on a Sunday in Tokyo."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.capacity.actions.plan_slots import plan_slots
from app.capacity.actions.save_slots import save_slots
from app.capacity.model.slots import Slot, SlotPlan, SlotWish, Window
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.locations.model import Weekday
from tests.conftest import NOW
from tests.locations.builders import make_location

HOUR: Final = timedelta(hours=1)
# Monday, 10:00 to 12:00 and 12:00 to 14:00 in Tokyo.
TEN: Final = datetime.fromisoformat("2026-11-23T01:00:00+00:00")
TWELVE: Final = datetime.fromisoformat("2026-11-23T03:00:00+00:00")
TUESDAY: Final = TEN + timedelta(days=1)
SLOTS: Final = Statement("SELECT begins, capacity, booked, ceiling FROM pickup_slots ORDER BY location_id, begins")
BOOKED: Final = Statement("SELECT delivery_id, begins FROM pickup_slot_bookings WHERE state = 'BOOKED'")


def week(capacity: int = 2, windows: Sequence[tuple[str, str]] = (("10:00", "12:00"), ("12:00", "14:00"))) -> Any:
    """The same windows on every day."""
    return {day: [Window(begins, ends, capacity) for begins, ends in windows] for day in Weekday}


async def save(
    tx: WriteTx,
    location_id: int,
    capacity: int = 2,
    *,
    days: Mapping[date, Sequence[Window]] | None = None,
    now: datetime = NOW,
    **rules: Any,
) -> list[tuple[Slot, int]]:
    """Slots of two hours from 10:00 on, every day; an hour of lead and three days of transfer, unless said."""
    rules = {"lead_minutes": 60, **rules}
    plan = SlotPlan(location_id, rules.pop("week", None) or week(capacity), days or {}, **rules)
    return await save_slots(tx, plan, now=now)


async def make_store(tx: WriteTx, capacity: int = 2, **given: Any) -> int:
    """A store with slots; rules of `save` among the columns of the location."""
    rules = {key: given.pop(key) for key in [*given] if key in {*SlotPlan.__slots__} - {"timezone", "hours"}}
    days = rules.pop("days", None)
    location_id = await make_location(tx, **given)
    await save(tx, location_id, capacity, days=days, **rules)
    return location_id


def wish(location_id: int, begins: datetime = TEN, *, order_id: UUID | None = None, now: datetime = NOW) -> SlotWish:
    """One delivery of an order of its own."""
    return SlotWish(new_id(), order_id or new_id(), location_id, begins, now)


async def book(db: Database, *wishes: SlotWish) -> list[str | None]:
    """Plan and keep them in one transaction; the reason of each that was refused, None of the others."""

    async def work(tx: WriteTx) -> list[str | None]:
        plan = await plan_slots(tx, wishes)
        await plan.keep(tx, {one.delivery_id for one in wishes})
        refused = {order_id: str(reason) for order_id, (_, reason) in plan.refused.items()}
        return [refused.get(one.order_id) for one in wishes]

    return await db.in_write(work)


async def counters(db: Database) -> list[tuple[datetime, int, int, int]]:
    """(begins, capacity, booked, ceiling) of all slots that were ever booked."""
    async with db.read() as tx:
        return [(row.begins, row.capacity, row.booked, row.ceiling) for row in await tx.fetch(SLOTS)]


async def booked(db: Database) -> dict[UUID, datetime]:
    """When the slot of each delivery begins."""
    async with db.read() as tx:
        return {row.delivery_id: row.begins for row in await tx.fetch(BOOKED)}


def starts(found: Sequence[Any]) -> list[datetime]:
    """When slots begin."""
    return [one.slot.begins for one in found]


def told(refusal: DomainError) -> tuple[str, str | None, list[datetime]]:
    """(code, reason, beginnings of the others) of a refusal."""
    return refusal.code, refusal.facts.get("slot_reason"), [one["begins"] for one in refusal.facts["found"]]
