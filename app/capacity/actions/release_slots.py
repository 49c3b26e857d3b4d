"""Orders that will not be collected give their slots back."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from app.capacity.model.slots import SlotKey
from app.capacity.sql import slots as sql
from app.kit.db import WriteTx


async def release_slots(tx: WriteTx, order_ids: Collection[UUID] = (), *, delivery_ids: Collection[UUID] = ()) -> int:
    """Free the slots of locked orders, or of deliveries of such orders; returns how many. May be repeated.

    One statement without any.
    """
    booked = await sql.find_booked(tx, order_ids=order_ids, delivery_ids=delivery_ids)
    if not booked:
        return 0
    counts = Counter[SlotKey]((row.location_id, row.begins) for row in booked)
    await sql.lock_slots(tx, counts)
    await sql.count_slots(tx, {key: -count for key, count in counts.items()})
    await sql.end_bookings(tx, [row.delivery_id for row in booked])
    return len(booked)
