"""Histories of orders tell of their goods."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.orders.actions.change_states import StateChange, change_states
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_orders

Entry = tuple[UUID, OrderHistoryKind, dict[str, Any]]


async def tell_orders(
    tx: WriteTx, entries: Sequence[Entry], *, orders: Mapping[UUID, Row] | None = None, actor: str, now: datetime
) -> None:
    """Append lines (order, kind, facts as JSON values) to the histories of orders, in their order.

    orders: their locked rows; None: they are locked here. Four statements, as long as no order has two lines.
    """
    waiting = list(entries)
    while waiting:
        batch: dict[UUID, Entry] = {}
        for entry in waiting:
            batch.setdefault(entry[0], entry)
        waiting = [entry for entry in waiting if batch[entry[0]] is not entry]
        locked = await lock_orders(tx, batch) if orders is None else orders
        changes = [StateChange(locked[order_id], kind, facts=facts) for order_id, kind, facts in batch.values()]
        await change_states(tx, changes, actor=actor, now=now)
