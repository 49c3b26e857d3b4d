"""Reservations end when their time is up."""

from datetime import datetime
from uuid import UUID

from app.inventory.events import ReservationExpired
from app.inventory.sql.holds import delete_expired_holds
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def expire_reservations(tx: WriteTx, *, now: datetime, limit: int = 500) -> list[UUID]:
    """Put units of reservations with `expires_at` <= `now` back on sale; returns their owners.

    An owner loses all its due reservations or none. Owners that another transaction is dealing with are
    skipped. limit: how many reservations one call looks at. Publishes ReservationExpired for each owner.
    """
    owners = await delete_expired_holds(tx, now=now, limit=limit)
    await publish(tx, *(ReservationExpired(row["owner_kind"], row["owner_id"]) for row in owners))
    return [row["owner_id"] for row in owners]
