"""Whether counters are what their ledger adds up to and what is held, of all that has moved since the last look."""

from datetime import datetime
from typing import Final

from app.inventory.actions.compare_stock import compare_stock
from app.inventory.sql.drifts import drifts_of, note_drifts
from app.kit.db import Database, Row, WriteTx
from app.kit.outbox import advance_reader, read_topics, reader_position, unfold

READER: Final = "audit"
# Rows of the outbox that are read together, each of up to a thousand changes.
_ROWS: Final = 50


async def audit_changes(db: Database, *, now: datetime) -> list[Row]:
    """Compare all that has moved since the last call, and all that was found before; what differs.

    It goes by the feed: a row that any transaction has moved by way of the ledger is looked at once more, whatever
    else has happened to it. A row that was written by hand and has not moved since is left to the audit of everything.
    """
    while await db.in_write(lambda tx: _audit_next(tx, now=now)):
        pass
    return await db.in_write(lambda tx: compare_stock(tx, (), now=now))


async def _audit_next(tx: WriteTx, *, now: datetime) -> int:
    position = await reader_position(tx, READER)
    rows, reached, count = await read_topics(tx, position, ["stock"], limit=_ROWS)
    if not count:
        return 0
    keys = {(fact["variant_id"], fact["location_id"]) for row in rows for _, _, fact in unfold(row)}
    differ = {(row["variant_id"], row["location_id"]) for row in await drifts_of(tx, keys)}
    await note_drifts(tx, differ=differ, are_well=(), now=now)
    await advance_reader(tx, READER, reached)
    return count
