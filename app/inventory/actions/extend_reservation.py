"""A reservation is to last longer."""

from datetime import datetime
from uuid import UUID

from app.inventory.errors import ReservationExpired, ReservationNotExtendable
from app.inventory.model.reservations import EXTENSION_PAUSE
from app.inventory.sql.reservations import extend_reserved, lock_reserved
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput


async def extend_reservation(tx: WriteTx, owner_id: UUID, *, expires_at: datetime, now: datetime) -> None:
    """Move the end of an owner's reservations to `expires_at` (UTC).

    One that is past its time may still be extended as long as nobody has given it back. Raises ReservationExpired when
    nothing is reserved any more, ReservationNotExtendable within five minutes after the last extension and past
    the latest end that was set when it began, InvalidInput for an end that is no extension.
    """
    rows = (await lock_reserved(tx, [owner_id])).get(owner_id)
    if rows is None:
        raise ReservationExpired("The reserved units have been given back.")
    bounds: list[datetime | None] = [row["extendable_until"] for row in rows]
    latest = min((bound for bound in bounds if bound is not None), default=None)
    if latest is None or None in bounds or expires_at > latest:
        raise ReservationNotExtendable("The reservation cannot last that long.", extendable_until=latest)
    if expires_at <= max(now, *(row["expires_at"] for row in rows)):
        raise InvalidInput("The reservation lasts that long already, or the instant is over.")
    extended = max((row["extended_at"] for row in rows if row["extended_at"] is not None), default=None)
    if extended is not None and now < extended + EXTENSION_PAUSE:
        raise ReservationNotExtendable(
            "The reservation was extended within the last five minutes.",
            extendable_at=extended + EXTENSION_PAUSE,
            extendable_until=latest,
        )
    await extend_reserved(tx, owner_id, expires_at=expires_at, now=now)
