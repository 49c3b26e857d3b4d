"""Other places keep promises to orders: their transfers are raised, and their histories tell it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.checkout.actions.find_elsewhere import find_elsewhere
from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.model import moves_by_order
from app.checkout.sql import stores_of_orders
from app.inventory.actions.move_promises import Elsewhere
from app.inventory.model import Claim, HoldState
from app.inventory.model.corrections import Promise
from app.kit.db import WriteTx
from app.orders.actions.change_states import StateChange, change_states
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_free_orders, lock_orders


async def follow_moves(tx: WriteTx, moved: Sequence[Promise], *, actor: str, now: datetime) -> None:
    """Send what is collected at a store and lies elsewhere now, and tell it in the histories; the orders are locked.

    One transfer per order, sending location and store. What is only reserved is sent for when it is paid.
    """
    moves = moves_by_order(moved)
    orders = await lock_orders(tx, moves)
    changes = [
        StateChange(orders[order_id], OrderHistoryKind.RESOURCED, facts={"moves": told})
        for order_id, told in moves.items()
    ]
    await change_states(tx, changes, actor=actor, now=now)
    claims = _claims(moved)
    stores = await stores_of_orders(tx, list(claims)) if claims else {}
    for order_id, own in claims.items():
        if order_id in stores:
            await raise_transfers(tx, order_id, own, stores[order_id], actor=actor, now=now)


def _claims(moved: Sequence[Promise]) -> dict[UUID, list[Claim]]:
    """What is allocated at the new places, by order."""
    units = dict[UUID, dict[tuple[int, int, int], int]]()
    for promise in moved:
        if promise.state == HoldState.ALLOCATED and promise.moved_to is not None:
            own = units.setdefault(promise.owner_id, {})
            key = (promise.line_no, promise.variant_id, promise.moved_to)
            own[key] = own.get(key, 0) + promise.quantity
    return {
        order_id: [Claim(*key, quantity) for key, quantity in sorted(own.items())] for order_id, own in units.items()
    }


ORDERS_ELSEWHERE: Final = Elsewhere(find_elsewhere, lock_free_orders, follow_moves)
"""Where orders may get their units instead."""
