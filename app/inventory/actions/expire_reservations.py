"""Reservations end when their time is up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.events import ReservationExpired
from app.inventory.sql.backorders import end_backorders, lock_expired_backorders
from app.inventory.sql.holds import delete_expired_holds
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def expire_reservations(
    tx: WriteTx, *, now: datetime, limit: int = 500, variant_ids: Sequence[int] | None = None
) -> list[UUID]:
    """Put units of reservations with `expires_at` <= `now` back on sale, and end what waits with them; returns
    their owners.

    An owner loses all its due reservations or none. Owners that another transaction is dealing with are
    skipped. limit: owners of one call; fewer than that mean that nothing is left. variant_ids: only owners with a
    due reservation of one of these, such as before somebody is told that they are sold out; to be called before
    any stock row is locked. Publishes ReservationExpired for each owner.
    """
    owners = await delete_expired_holds(tx, now=now, limit=limit, variant_ids=variant_ids)
    waiting = await lock_expired_backorders(tx, now=now, limit=limit, variant_ids=variant_ids)
    await end_backorders(tx, [(row["owner_id"], row["line_no"]) for row in waiting])
    owners += list({row["owner_id"]: row for row in waiting}.values())
    await publish(tx, *(ReservationExpired(row["owner_kind"], row["owner_id"]) for row in owners))
    return [row["owner_id"] for row in owners]
