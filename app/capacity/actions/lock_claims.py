"""Stations and slots come before stock: whoever will touch both locks them first."""

from collections.abc import Collection
from uuid import UUID

from app.capacity import sql
from app.capacity.sql import slots
from app.kit.db import WriteTx


async def lock_claims(tx: WriteTx, order_ids: Collection[UUID]) -> None:
    """Lock the stations at which these locked orders have claims, ended ones too, and the pickup slots that they have,
    until the transaction ends.

    Everybody locks orders and pickups, then stations, then plans of slots and slots, then holds and stock: so nobody
    waits for another in a circle. Two statements where there are no claims and no slots, otherwise one more for each.
    """
    claims = await sql.find_reservations(tx, order_ids=order_ids)
    if claims:
        await sql.lock_stations(tx, {row.location_id for row in claims})
    booked = await slots.find_booked(tx, order_ids=order_ids)
    if booked:
        await slots.lock_slots(tx, [(row.location_id, row.begins) for row in booked])
