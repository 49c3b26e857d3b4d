"""Close a cart that has become an order."""

from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.errors import CartCompleted
from app.kit.db import WriteTx


async def complete_cart(tx: WriteTx, cart_id: UUID, *, now: datetime) -> None:
    """Mark an open cart as completed; it stays readable, and changes only if `reopen_cart` opens it.

    The caller has locked it and made the order. Raises CartCompleted when it was completed before.
    """
    if not await tx.execute(sql.COMPLETE_CART, id=cart_id, now=now):
        raise CartCompleted(cart_id)
