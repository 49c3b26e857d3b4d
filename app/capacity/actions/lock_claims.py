"""Stations come before stock: whoever will touch both locks the stations first."""

from collections.abc import Collection
from uuid import UUID

from app.capacity import sql
from app.kit.db import WriteTx


async def lock_claims(tx: WriteTx, order_ids: Collection[UUID]) -> None:
    """Lock the stations at which these locked orders have claims, ended ones too, until the transaction ends.

    Everybody locks orders and pickups, then stations, then holds and stock: so nobody waits for another in a circle.
    One statement where there are no claims, otherwise two.
    """
    claims = await sql.find_reservations(tx, order_ids=order_ids)
    if claims:
        await sql.lock_stations(tx, {row.location_id for row in claims})
