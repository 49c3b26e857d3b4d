"""Runs what the worker would run, at once and in order: every pending event through every handler."""

import asyncio
from datetime import datetime
from typing import Final

from app.kit.clock import utc_now
from app.kit.db import Database, ReadTx
from app.kit.outbox import Position, advance_reader, fact, read_feed, reader_position
from app.kit.statement import Statement
from tests.conftest import load_rooms

READER: Final = "tests"
_ANY_AFTER: Final = Statement("SELECT EXISTS (SELECT FROM outbox WHERE (xid, id) > (:xid, :id))")


async def pump(db: Database, *, now: datetime | None = None) -> int:
    """Run all events since the last call, and those that their handlers publish, until none is left.

    Returns how many events there were. A handler's exception passes through and leaves its event pending.
    """
    handlers = [
        (topic, handler) for jobs in load_rooms("jobs") for topic, handler in getattr(jobs, "HANDLERS", {}).items()
    ]
    async with db.write() as tx:
        position = await reader_position(tx, READER)
    count = 0
    while True:
        async with db.read() as tx:
            rows = await read_feed(tx, position)
            if not rows and not await _is_anything_held_back(tx, position):
                return count
        if not rows:
            # A transaction elsewhere on this server, perhaps of another test process, holds the horizon back.
            await asyncio.sleep(0.005)
            continue
        for row in rows:
            topic, key, payload = fact(row)
            for heard, handler in handlers:
                if heard == topic:
                    await handler(db, key, payload, now=now or utc_now())
            position = Position(row["xid"], row["id"])
            count += 1
            async with db.write() as tx:
                await advance_reader(tx, READER, position)


async def _is_anything_held_back(tx: ReadTx, position: Position) -> bool:
    return bool(await tx.fetchval(_ANY_AFTER, xid=position.xid, id=position.id))
