"""By when the pickups of an order are ready, and that it has changed."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.model import WorkStatus
from app.fulfillment.model.promises import Bringing, ready_by
from app.fulfillment.sql.promises import bringing_of, promised_pickups
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.actions.date_deliveries import date_deliveries
from app.orders.model import OrderStatus
from app.orders.sql import lock_order


async def date_promises(tx: WriteTx, order_id: UUID, *, now: datetime) -> dict[UUID, datetime | None]:
    """Bring the promised times of a placed order's pickups at own stores to what is known by now; returns the new ones.

    A preparation that waits is promised for when its transfers have come, by their days, or by when they should have
    been sent; one that can be done, for when it is due. May be repeated: what stays the same is not told.
    """
    order = await lock_order(tx, order_id)
    if order is None or order["status"] != OrderStatus.PLACED:
        return {}
    rows = await promised_pickups(tx, order_id)
    bringing = await bringing_of(tx, order_id) if any(_waits(row) for row in rows) else {}
    known: dict[UUID, datetime | None] = {}
    for row in rows:
        own: list[Bringing] = bringing.get(row["delivery_id"], []) if _waits(row) else []
        if own:
            known[row["delivery_id"]] = ready_by(own, row["hours"], row["timezone"], now)
        elif not _waits(row):
            known[row["delivery_id"]] = row["due_at"]
    before = {row["delivery_id"]: row["ready_by"] for row in rows}
    changed = {delivery_id: day for delivery_id, day in known.items() if day != before[delivery_id]}
    await date_deliveries(tx, order, changed, before=before, actor=SYSTEM.reference, now=now)
    return changed


def _waits(row: Row) -> bool:
    return WorkStatus.WAITING in {row["status"], row["resumes_as"]}
