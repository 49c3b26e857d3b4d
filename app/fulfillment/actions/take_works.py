"""Every step that people take with work begins by taking it: its orders locked, then itself, and only by who may."""

from collections.abc import Sequence
from uuid import UUID

from app.fulfillment.model import may_touch
from app.fulfillment.sql.work_steps import find_works, lock_works
from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.kit.permissions import Actor
from app.orders.sql import lock_orders


async def take_works(tx: WriteTx, work_ids: Sequence[UUID], *, actor: Actor) -> list[Row]:
    """The instructions, all columns, in the order of `work_ids`, which are different.

    Raises NotFound, also for work at locations that the caller's key does not cover; its path is the work's index.
    """
    found = {row["id"]: row for row in await find_works(tx, work_ids)}
    for index, work_id in enumerate(work_ids):
        row = found.get(work_id)
        if row is None or not may_touch(actor, partner_id=row["partner_id"], location_id=row["location_id"]):
            message = "There is no such work instruction."
            raise NotFound(message, path=[str(index)])
    await lock_orders(tx, sorted({row["order_id"] for row in found.values() if row["order_id"] is not None}))
    locked = await lock_works(tx, work_ids)
    return [locked[work_id] for work_id in work_ids]
