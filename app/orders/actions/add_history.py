"""Something worth knowing happened to an order without changing its states."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.db import WriteTx
from app.orders import sql


async def add_history(
    tx: WriteTx, order_id: UUID, kind: str, *, actor: str, now: datetime, facts: dict[str, Any] | None = None
) -> None:
    """Append one line to the order's history: `kind` in capitals, such as PICKUP_READY; facts are JSON
    values.
    """
    await sql.insert_history(tx, [(order_id, kind, facts or {})], actor=actor, at=now)
