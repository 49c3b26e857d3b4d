"""What is reserved for a cart is to stay so for longer."""

from datetime import datetime
from uuid import UUID

from app.carts.sql import lock_open_cart
from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.errors import ReservationExpired
from app.kit.db import WriteTx


async def extend_cart_reservation(tx: WriteTx, cart_id: UUID, *, expires_at: datetime, now: datetime) -> None:
    """Move the end of a cart's reservation to `expires_at` (UTC).

    Raises NotFound, CartCompleted, CartExpired, ReservationExpired where nothing is reserved (any more), and what
    `extend_reservation` raises: at most once in five minutes, and never past the latest end.
    """
    cart = await lock_open_cart(tx, cart_id, now=now)
    if cart.reservation_id is None:
        raise ReservationExpired("Nothing is reserved for this cart.")
    await extend_reservation(tx, cart.reservation_id, expires_at=expires_at, now=now)
