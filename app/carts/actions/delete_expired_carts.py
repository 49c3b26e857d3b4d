"""Carts that nobody came back to are forgotten."""

from datetime import datetime

from app.carts import sql
from app.inventory.model import MovementKind
from app.inventory.sql.reservations import give_back, lock_reserved
from app.kit.db import WriteTx
from app.kit.permissions import SYSTEM


async def delete_expired_carts(tx: WriteTx, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` open carts that expired before `before`, with their lines and deliveries; returns how many.

    The longest expired go first. Completed carts stay, and so do carts that somebody is dealing with now. What is still
    reserved for one goes back on sale.
    """
    rows = await tx.fetch(sql.DELETE_EXPIRED, before=before, limit=limit)
    reserved = {row["reservation_id"] for row in rows if row["reservation_id"] is not None}
    if reserved and (held := await lock_reserved(tx, reserved)):
        await give_back(tx, dict.fromkeys(held, SYSTEM.reference), MovementKind.RESERVATION_RELEASED)
    return len(rows)
