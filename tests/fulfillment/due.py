"""One batch of a sweep."""

from datetime import datetime

from app.fulfillment.actions.expire_due_pickups import expire_due_pickups
from app.fulfillment.actions.remind_pickups import remind_pickups
from app.fulfillment.sql.due_pickups import pickups_to_give_up, pickups_to_remind
from app.kit.db import Database, WriteTx


async def remind(db: Database, now: datetime, limit: int = 500) -> int:
    """How many buyers were reminded."""

    async def work(tx: WriteTx) -> int:
        return await remind_pickups(tx, await pickups_to_remind(tx, None, limit, now=now), now=now)

    return await db.in_write(work)


async def expire(db: Database, now: datetime, limit: int = 500) -> int:
    """How many pickups were given up."""

    async def work(tx: WriteTx) -> int:
        return await expire_due_pickups(tx, await pickups_to_give_up(tx, None, limit, now=now), now=now)

    return await db.in_write(work)
