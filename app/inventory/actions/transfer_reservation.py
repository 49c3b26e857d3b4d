"""Reserved units are to be kept at another location."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from app.inventory.errors import InsufficientStock, ReservationExpired
from app.inventory.sql.reservations import lock_free, lock_reserved, move_reserved
from app.inventory.sql.stock import stocking_locations
from app.kit.db import WriteTx
from app.kit.errors import NotFound


async def transfer_reservation(
    tx: WriteTx, owner_id: UUID, *, from_location_ids: Collection[int], to_location_id: int, actor: str
) -> int:
    """Reserve at one location what an owner has reserved at others; returns the units that moved. All or nothing.

    The same lines, the same end; no goods travel. What is reserved there already stays and does not count. Raises
    ReservationExpired when nothing is reserved any more, NotFound when nothing of it is at these locations or the
    other one holds no stock, InsufficientStock with what is free there.
    """
    rows = (await lock_reserved(tx, [owner_id])).get(owner_id)
    if rows is None:
        raise ReservationExpired("The reserved units have been given back.")
    if not await stocking_locations(tx, [to_location_id]):
        raise NotFound("Stock is not kept at this location.")
    sources = [row for row in rows if row["location_id"] in from_location_ids]
    if not sources:
        raise NotFound("Nothing of the reservation is at the location that it is to leave.")
    moving = [row for row in sources if row["location_id"] != to_location_id]
    wanted: Counter[int] = Counter()
    for row in moving:
        wanted[row["variant_id"]] += row["quantity"]
    if not wanted:
        return 0
    free = await lock_free(
        tx,
        {(variant_id, to_location_id) for variant_id in wanted},
        {(row["variant_id"], row["location_id"]) for row in moving},
    )
    for variant_id, units in sorted(wanted.items()):
        available = max(free.get((variant_id, to_location_id), 0), 0)
        if available < units:
            message = f"{available} of {units} units are available there."
            raise InsufficientStock(message, requested=units, available=available, variant_id=variant_id)
    await move_reserved(tx, owner_id, from_location_ids, to_location_id, actor=actor)
    return wanted.total()
