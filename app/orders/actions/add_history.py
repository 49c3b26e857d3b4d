"""Something worth knowing happened to an order without changing its states."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.db import WriteTx
from app.orders.actions.change_states import StateChange, change_states, require_order
from app.orders.model import OrderHistoryKind


async def add_history(
    tx: WriteTx,
    order_id: UUID,
    kind: OrderHistoryKind,
    *,
    actor: str,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> int:
    """Append one line to the order's history; facts are JSON values.

    Returns the new version: who listens to the order hears of it. Raises NotFound.
    """
    change = StateChange(await require_order(tx, order_id), kind, facts=facts or {})
    [version] = await change_states(tx, [change], actor=actor, now=now)
    return version
