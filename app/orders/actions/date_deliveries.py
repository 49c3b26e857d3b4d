"""A delivery is promised for another time."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.orders.actions.change_states import StateChange, change_states
from app.orders.events import PromiseRedated
from app.orders.model import OrderHistoryKind
from app.orders.sql import set_ready_by


async def date_deliveries(
    tx: WriteTx,
    order: Row,
    days: Mapping[UUID, datetime | None],
    *,
    before: Mapping[UUID, datetime | None],
    actor: str,
    now: datetime,
) -> None:
    """days: the new times by delivery of a locked order (UTC; None: unknown), before: the old ones.

    The first time of a delivery is just written. Another one is told: in the history, and by PromiseRedated.
    """
    if not days:
        return
    await set_ready_by(tx, days)
    told = {delivery_id: day for delivery_id, day in days.items() if before[delivery_id] is not None}
    if not told:
        return
    entries = [
        {"delivery": str(delivery_id), "from": _text(before[delivery_id]), "to": _text(day)}
        for delivery_id, day in told.items()
    ]
    events = tuple(PromiseRedated(order["id"], one, before[one], day) for one, day in told.items())
    change = StateChange(order, OrderHistoryKind.PROMISE_REDATED, facts={"deliveries": entries}, events=events)
    await change_states(tx, [change], actor=actor, now=now)


def _text(day: datetime | None) -> str | None:
    return None if day is None else day.isoformat()
