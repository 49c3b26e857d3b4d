"""What is reserved for a cart goes back on sale before its time."""

from datetime import datetime
from uuid import UUID

from app.carts.sql import lock_open_cart
from app.inventory.actions.release_reservation import release_reservation
from app.kit.db import WriteTx


async def release_cart_reservation(tx: WriteTx, cart_id: UUID, *, actor: str, now: datetime) -> bool:
    """End a cart's reservation; whether there was any. The cart keeps its goods. Repeating it is harmless.

    Raises NotFound, CartCompleted or CartExpired.
    """
    cart = await lock_open_cart(tx, cart_id, now=now)
    return cart.reservation_id is not None and await release_reservation(tx, cart.reservation_id, actor=actor)
