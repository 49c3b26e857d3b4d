"""Whether counters are what their ledger adds up to and what is held, of some stock rows."""

from collections.abc import Iterable
from datetime import datetime

from app.inventory.model.selling import StockKey
from app.inventory.sql.drifts import drifts_of, found_drifts, note_drifts
from app.kit.db import Row, WriteTx


async def compare_stock(tx: WriteTx, keys: Iterable[StockKey], *, now: datetime) -> list[Row]:
    """What differs of these and of all that was found before: kept, while what is well again is forgotten."""
    wanted = {*keys, *await found_drifts(tx)}
    drifts = await drifts_of(tx, wanted)
    differ = {(row["variant_id"], row["location_id"]) for row in drifts}
    await note_drifts(tx, differ=differ, are_well=wanted - differ, now=now)
    return drifts
