"""Carts that nobody came back to are forgotten."""

from datetime import datetime

from app.carts import sql
from app.kit.db import WriteTx


async def delete_expired_carts(tx: WriteTx, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` open carts that expired before `before`, with their lines and deliveries; returns how many.

    The longest expired go first. Completed carts stay, and so do carts that somebody is dealing with now.
    """
    return await tx.execute(sql.DELETE_EXPIRED, before=before, limit=limit)
