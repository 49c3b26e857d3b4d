"""Close carts that have become orders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.errors import CartCompleted
from app.kit.db import WriteTx


async def complete_carts(tx: WriteTx, cart_ids: Sequence[UUID], *, now: datetime) -> None:
    """Mark open carts as completed; they stay readable, and change only if `reopen_cart` opens them.

    The caller has locked them and made the orders. Raises CartCompleted when one was completed before: then nothing may
    be kept of the transaction.
    """
    completed = {row["id"] for row in await tx.fetch(sql.COMPLETE_CARTS, ids=list(cart_ids), now=now)}
    for cart_id in cart_ids:
        if cart_id not in completed:
            raise CartCompleted(cart_id)
