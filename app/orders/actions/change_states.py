"""The one way in which orders' states move: version, history and fact go with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.kit.outbox import Event, publish
from app.orders import sql
from app.orders.events import OrderChanged
from app.orders.model import SANDBOX, OrderHistoryKind

Line = tuple[OrderHistoryKind, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StateChange:
    """New states of a locked order (None: as before). The caller has checked the step.

    kind and facts: the line of history. before: lines of history that come before it, of the same version. events:
    further facts of the same change.
    """

    order: Row
    kind: OrderHistoryKind
    status: str | None = None
    payment_status: str | None = None
    fulfillment_status: str | None = None
    canceled_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    before: tuple[Line, ...] = ()
    events: tuple[Event, ...] = ()


async def require_order(tx: WriteTx, order_id: UUID) -> Row:
    """The order's row, locked. Raises NotFound."""
    order = await sql.lock_order(tx, order_id)
    if order is None:
        message = "There is no such order."
        raise NotFound(message)
    return order


async def change_states(tx: WriteTx, changes: Sequence[StateChange], *, actor: str, now: datetime) -> list[int]:
    """Change orders, each once, and tell of it, in three statements. The new versions, in the order of the changes."""
    states = [
        {
            "status": str(change.status or change.order["status"]),
            "payment_status": str(change.payment_status or change.order["payment_status"]),
            "fulfillment_status": str(change.fulfillment_status or change.order["fulfillment_status"]),
        }
        for change in changes
    ]
    ids: list[UUID] = [change.order["id"] for change in changes]
    rows = await tx.fetch(
        sql.UPDATE_STATES,
        order_ids=ids,
        statuses=[each["status"] for each in states],
        payment_statuses=[each["payment_status"] for each in states],
        fulfillment_statuses=[each["fulfillment_status"] for each in states],
        canceled_ats=[change.canceled_at for change in changes],
    )
    versions: dict[UUID, int] = {row["id"]: row["version"] for row in rows}
    entries = [
        (order_id, kind, facts)
        for order_id, change in zip(ids, changes, strict=True)
        for kind, facts in (*change.before, (change.kind, change.facts))
    ]
    await sql.insert_history(tx, entries, actor=actor, at=now)
    events: list[Event] = []
    for order_id, change, each in zip(ids, changes, states, strict=True):
        if change.order["source_system"] != SANDBOX:
            events += (OrderChanged(order_id=order_id, version=versions[order_id], **each), *change.events)
    await publish(tx, *events)
    return [versions[order_id] for order_id in ids]
