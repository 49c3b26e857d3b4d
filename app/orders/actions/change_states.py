"""The one way in which an order's states move: version, history and fact go with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.kit.outbox import Event, publish
from app.orders import sql
from app.orders.events import OrderChanged
from app.orders.model import OrderHistoryKind


async def require_order(tx: WriteTx, order_id: UUID) -> Row:
    """The order's row, locked. Raises NotFound."""
    order = await sql.lock_order(tx, order_id)
    if order is None:
        message = "There is no such order."
        raise NotFound(message)
    return order


async def change_states(  # noqa: PLR0913  # three states, each may stay; all by keyword
    tx: WriteTx,
    order: Row,
    kind: OrderHistoryKind,
    *,
    actor: str,
    now: datetime,
    status: str | None = None,
    payment_status: str | None = None,
    fulfillment_status: str | None = None,
    canceled_at: datetime | None = None,
    facts: dict[str, Any] | None = None,
    events: tuple[Event, ...] = (),
) -> int:
    """Give a locked order new states (None: as before), and tell of it. Returns the new version.

    kind and facts: the line of history. events: further facts of the same change. The caller has checked
    the step.
    """
    states = {
        "status": str(status or order["status"]),
        "payment_status": str(payment_status or order["payment_status"]),
        "fulfillment_status": str(fulfillment_status or order["fulfillment_status"]),
    }
    version: int = await tx.fetchval(sql.UPDATE_STATES, order_id=order["id"], canceled_at=canceled_at, **states)
    await sql.insert_history(tx, [(order["id"], kind, facts or {})], actor=actor, at=now)
    changed = OrderChanged(order_id=order["id"], version=version, **states)
    await publish(tx, changed, *events)
    return version
