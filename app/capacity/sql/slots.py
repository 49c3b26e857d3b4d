"""Every statement about pickup slots."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.capacity.model.slots import Slot, SlotBoard, SlotKey, SlotPlan, SlotWish, Window
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.locations.model.hours import DAYS

_PLANS: Final = """
    SELECT plan.*, place.timezone, place.hours
      FROM pickup_slot_plans AS plan JOIN locations AS place ON place.id = plan.location_id
     WHERE plan.location_id = ANY(CAST(:location_ids AS int[])) ORDER BY plan.location_id"""
_READ_PLANS: Final = Statement(_PLANS, generic=True)
_SHARE_PLANS: Final = Statement(f"{_PLANS} FOR SHARE OF plan", generic=True)
_STORE: Final = Statement("""
    SELECT timezone, hours FROM locations WHERE id = :location_id AND kind = 'STORE' AND hands_over AND holds_stock
""")
_COUNTS: Final = Statement("""
    SELECT location_id, begins, booked FROM pickup_slots
     WHERE location_id = ANY(CAST(:location_ids AS int[])) AND begins >= :since
""", generic=True)  # fmt: skip
_LOADS: Final = Statement("""
    SELECT * FROM pickup_slots
     WHERE location_id = ANY(CAST(:location_ids AS int[])) AND begins >= :since AND begins < :until
     ORDER BY location_id, begins
""")
# Makes those that nobody has booked yet, and locks all of them in the order of their keys. The plan, which is locked,
# says what they are: the clocks of its place may have been set anew.
_TAKE: Final = Statement("""
    INSERT INTO pickup_slots (location_id, begins, ends, capacity, ceiling)
    SELECT location_id, begins, ends, capacity, capacity
      FROM unnest(CAST(:location_ids AS int[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]),
                  CAST(:capacities AS int[])) AS new (location_id, begins, ends, capacity)
     ORDER BY location_id, begins
    ON CONFLICT (location_id, begins) DO UPDATE
       SET ends = excluded.ends, capacity = excluded.capacity,
           ceiling = greatest(excluded.capacity, pickup_slots.booked)
    RETURNING location_id, begins, booked
""")
_LOCK: Final = Statement("""
    SELECT slot.* FROM pickup_slots AS slot
      JOIN unnest(CAST(:location_ids AS int[]), CAST(:begins AS timestamptz[])) AS wanted (location_id, begins)
        ON wanted.location_id = slot.location_id AND wanted.begins = slot.begins
     ORDER BY slot.location_id, slot.begins FOR UPDATE OF slot
""")
# Never more than the capacity of now; fewer at any time, also where it was lowered below what is booked.
_COUNT: Final = Statement("""
    UPDATE pickup_slots AS slot
       SET booked = slot.booked + new.change,
           ceiling = CASE WHEN new.change < 0 THEN greatest(slot.capacity, slot.booked + new.change)
                          ELSE slot.ceiling END
      FROM unnest(CAST(:location_ids AS int[]), CAST(:begins AS timestamptz[]), CAST(:changes AS int[]))
           AS new (location_id, begins, change)
     WHERE slot.location_id = new.location_id AND slot.begins = new.begins
       AND (new.change < 0 OR slot.booked + new.change <= slot.capacity)
""")
_BOOK: Final = Statement("""
    INSERT INTO pickup_slot_bookings (delivery_id, order_id, location_id, begins, ends, state)
    SELECT *, 'BOOKED'
      FROM unnest(CAST(:delivery_ids AS uuid[]), CAST(:order_ids AS uuid[]), CAST(:location_ids AS int[]),
                  CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
    ON CONFLICT (delivery_id) DO UPDATE
       SET location_id = excluded.location_id, begins = excluded.begins, ends = excluded.ends, state = 'BOOKED',
           version = pickup_slot_bookings.version + 1
""")
_BOOKED: Final = Statement("""
    SELECT * FROM pickup_slot_bookings
     WHERE (delivery_id = ANY(CAST(:delivery_ids AS uuid[])) OR order_id = ANY(CAST(:order_ids AS uuid[])))
       AND state = 'BOOKED' ORDER BY delivery_id
""")
_RELEASE: Final = Statement("""
    UPDATE pickup_slot_bookings SET state = 'RELEASED', version = version + 1
     WHERE delivery_id = ANY(CAST(:delivery_ids AS uuid[]))
""")
_SAVE: Final = Statement("""
    INSERT INTO pickup_slot_plans AS plan
           (location_id, week, days, lead_minutes, transfer_days, days_ahead, is_required, is_on)
    VALUES (:location_id, :week, :days, :lead_minutes, :transfer_days, :days_ahead, :is_required, :is_on)
    ON CONFLICT (location_id) DO UPDATE
       SET week = excluded.week, days = excluded.days, lead_minutes = excluded.lead_minutes,
           transfer_days = excluded.transfer_days, days_ahead = excluded.days_ahead,
           is_required = excluded.is_required, is_on = excluded.is_on, version = plan.version + 1
""")
_UPCOMING: Final = Statement("""
    SELECT * FROM pickup_slots WHERE location_id = :location_id AND ends > :now ORDER BY begins FOR UPDATE
""")
# What is booked stays booked.
_REPLAN: Final = Statement("""
    UPDATE pickup_slots AS slot
       SET capacity = new.capacity, ends = coalesce(new.ends, slot.ends), ceiling = greatest(new.capacity, slot.booked)
      FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]), CAST(:capacities AS int[]))
           AS new (begins, ends, capacity)
     WHERE slot.location_id = :location_id AND slot.begins = new.begins
""")
BOOKED_BY_DELIVERY: Final = Statement("""
    SELECT delivery_id, location_id, begins, ends FROM pickup_slot_bookings
     WHERE delivery_id = ANY(CAST(:ids AS uuid[])) AND state = 'BOOKED'
""")


async def share_plans(tx: WriteTx, location_ids: Iterable[int]) -> dict[int, SlotPlan]:
    """Plans by location id, as they stay until the transaction ends. Stations are locked before, counters behind."""
    return _plans(await tx.fetch(_SHARE_PLANS, location_ids=sorted(set(location_ids))))


async def find_plans(tx: ReadTx, location_ids: Iterable[int]) -> dict[int, SlotPlan]:
    """The same, as they are now."""
    return _plans(await tx.fetch(_READ_PLANS, location_ids=sorted(set(location_ids))))


async def plan_rows(tx: ReadTx, location_ids: Iterable[int]) -> list[Row]:
    """The rows of plans, with `timezone` and `hours` of their places."""
    return await tx.fetch(_READ_PLANS, location_ids=list(location_ids))


async def find_store(tx: ReadTx, location_id: int) -> Row | None:
    """The timezone and hours of a store that hands over; None for any other place."""
    return await tx.fetchrow(_STORE, location_id=location_id)


async def booked_since(tx: ReadTx, location_ids: Iterable[int], since: datetime) -> dict[SlotKey, int]:
    """How many orders the slots of these places have that begin from then on; those without any are left out."""
    rows = await tx.fetch(_COUNTS, location_ids=sorted(set(location_ids)), since=since)
    return {(row.location_id, row.begins): row.booked for row in rows}


async def look_at_slots(tx: ReadTx, location_ids: Collection[int], now: datetime) -> SlotBoard:
    """What these places offer from now on: an unlocked look, in two statements; one where none has slots."""
    plans = await find_plans(tx, location_ids)
    return SlotBoard(plans, await booked_since(tx, plans, now) if plans else {})


async def slots_between(tx: ReadTx, location_ids: Iterable[int], since: datetime, until: datetime) -> list[Row]:
    """Rows of slots that somebody booked, once or now."""
    return await tx.fetch(_LOADS, location_ids=list(location_ids), since=since, until=until)


async def take_slots(tx: WriteTx, slots: Collection[Slot]) -> dict[SlotKey, int]:
    """Lock the counters of slots, each once, in the order of their keys; how many orders each has."""
    rows = await tx.fetch(
        _TAKE,
        location_ids=[slot.location_id for slot in slots],
        begins=[slot.begins for slot in slots],
        ends=[slot.ends for slot in slots],
        capacities=[slot.capacity for slot in slots],
    )
    return {(row.location_id, row.begins): row.booked for row in rows}


async def lock_slots(tx: WriteTx, keys: Iterable[SlotKey]) -> None:
    """The same for slots that were booked before."""
    known = sorted(set(keys))
    await tx.fetch(_LOCK, location_ids=[key[0] for key in known], begins=[key[1] for key in known])


async def count_slots(tx: WriteTx, changes: Mapping[SlotKey, int]) -> None:
    """Add to the counters of locked slots. Nothing may be kept of the transaction when one would be overbooked."""
    changed = await tx.execute(
        _COUNT,
        location_ids=[key[0] for key in changes],
        begins=[key[1] for key in changes],
        changes=list(changes.values()),
    )
    if changed != len(changes):
        message = "A slot has no place for what was planned under its lock."
        raise AssertionError(message)


async def write_bookings(tx: WriteTx, booked: Sequence[tuple[SlotWish, Slot]]) -> None:
    """Write which delivery has which slot."""
    await tx.execute(
        _BOOK,
        delivery_ids=[wish.delivery_id for wish, _ in booked],
        order_ids=[wish.order_id for wish, _ in booked],
        location_ids=[slot.location_id for _, slot in booked],
        begins=[slot.begins for _, slot in booked],
        ends=[slot.ends for _, slot in booked],
    )


async def find_booked(
    tx: ReadTx, *, delivery_ids: Collection[UUID] = (), order_ids: Collection[UUID] = ()
) -> list[Row]:
    """Live bookings of these deliveries, or of those of these orders: delivery_id, order_id, location_id, begins, ends,
    version.
    """
    return await tx.fetch(_BOOKED, delivery_ids=list(delivery_ids), order_ids=list(order_ids))


async def end_bookings(tx: WriteTx, delivery_ids: Collection[UUID]) -> None:
    """Mark bookings as released; their counters are the caller's matter."""
    await tx.execute(_RELEASE, delivery_ids=list(delivery_ids))


async def save_plan(tx: WriteTx, plan: SlotPlan) -> None:
    """Write a plan, which is locked from then on."""
    await tx.execute(
        _SAVE,
        location_id=plan.location_id,
        week={str(day): [list(one) for one in windows] for day, windows in plan.week.items() if windows},
        days={day.isoformat(): [list(one) for one in windows] for day, windows in sorted(plan.days.items())},
        lead_minutes=plan.lead_minutes,
        transfer_days=plan.transfer_days,
        days_ahead=plan.days_ahead,
        is_required=plan.is_required,
        is_on=plan.is_on,
    )


async def lock_upcoming(tx: WriteTx, location_id: int, now: datetime) -> list[Row]:
    """Slots of a place that were booked and are not over, locked."""
    return await tx.fetch(_UPCOMING, location_id=location_id, now=now)


async def replan_slots(tx: WriteTx, location_id: int, planned: Mapping[datetime, Slot | None]) -> None:
    """Give locked slots, by their beginning, the capacity of the plan; None: they are planned no more."""
    await tx.execute(
        _REPLAN,
        location_id=location_id,
        begins=list(planned),
        ends=[None if slot is None else slot.ends for slot in planned.values()],
        capacities=[0 if slot is None else slot.capacity for slot in planned.values()],
    )


def plan_of(row: Any) -> SlotPlan:
    """The plan that a row tells."""
    return SlotPlan(
        row.location_id,
        {day: _windows(row.week[day]) for day in DAYS if day in row.week},
        {date.fromisoformat(day): _windows(windows) for day, windows in row.days.items()},
        row.lead_minutes,
        row.transfer_days,
        row.days_ahead,
        is_required=row.is_required,
        timezone=row.timezone,
        hours=row.hours,
    )


def _windows(stored: Iterable[Sequence[Any]]) -> list[Window]:
    return [Window(*one) for one in stored]


def _plans(rows: Iterable[Row]) -> dict[int, SlotPlan]:
    return {row.location_id: plan_of(row) for row in rows}
