"""A cart has changed: what is reserved for it and not needed any more goes back on sale."""

from datetime import datetime
from typing import Any

from app.carts.actions.reserve_carts import hold_request
from app.carts.sql import load_contents
from app.inventory.actions.trim_reservation import trim_reservation
from app.kit.db import WriteTx


async def keep_reserved(tx: WriteTx, cart: Any, *, actor: str, now: datetime) -> None:
    """Keep of what is reserved for a cart (its row, locked) what its lines can use as they are now.

    Units that were added are not reserved by this, nor units at another place that a new delivery asks for. No
    statement for a cart that was never reserved.
    """
    if cart.reservation_id is None:
        return
    contents = (await load_contents(tx, [cart], now=now))[cart.id]
    if contents.reserved:
        await trim_reservation(tx, hold_request(contents, cart.reservation_id), actor=actor)
