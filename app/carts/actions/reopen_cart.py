"""A cart whose order came to nothing is the buyer's again."""

from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.model import LIFETIME
from app.kit.db import WriteTx


async def reopen_cart(tx: WriteTx, cart_id: UUID, *, now: datetime) -> None:
    """Mark a completed cart as open again, with its lines and deliveries as they were; its 30 days start anew.

    The caller has locked it, and canceled its order in the same transaction. An open cart stays as it is.
    """
    await tx.execute(sql.REOPEN_CART, id=cart_id, now=now, expires_at=now + LIFETIME)
