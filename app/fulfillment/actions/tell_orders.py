"""Histories of orders tell of their goods."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.db import WriteTx
from app.orders.actions.change_states import StateChange, change_states
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_orders

Entry = tuple[UUID, OrderHistoryKind, dict[str, Any]]


async def tell_orders(tx: WriteTx, entries: Sequence[Entry], *, actor: str, now: datetime) -> None:
    """Append lines (order, kind, facts as JSON values) to the histories of orders, in their order.

    Four statements, as long as no order has two lines.
    """
    waiting = list(entries)
    while waiting:
        batch: dict[UUID, Entry] = {}
        for entry in waiting:
            batch.setdefault(entry[0], entry)
        waiting = [entry for entry in waiting if batch[entry[0]] is not entry]
        orders = await lock_orders(tx, batch)
        changes = [
            StateChange(order, batch[order_id][1], facts=batch[order_id][2]) for order_id, order in orders.items()
        ]
        await change_states(tx, changes, actor=actor, now=now)
