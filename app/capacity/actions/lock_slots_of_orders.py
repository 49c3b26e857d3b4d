"""Slots come before stock: whoever may free them after touching stock locks them first."""

from collections.abc import Collection
from uuid import UUID

from app.capacity.sql.slots import find_booked, lock_slots
from app.kit.db import WriteTx


async def lock_slots_of_orders(tx: WriteTx, order_ids: Collection[UUID]) -> None:
    """Lock the pickup slots that these locked orders have, until the transaction ends.

    Everybody locks orders and pickups, then stations, then plans of slots and slots, then holds and stock: so nobody
    waits for another in a circle. One statement where they have none, otherwise two.
    """
    booked = await find_booked(tx, order_ids=order_ids)
    if booked:
        await lock_slots(tx, [(row.location_id, row.begins) for row in booked])
