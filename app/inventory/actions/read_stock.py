"""Read all stock as of one instant."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from app.inventory.actions.read_stock_changes import cursor_behind
from app.inventory.sql.stock import STOCK_COPY
from app.kit.cursor import read_instant
from app.kit.db import Database

_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class StockCopy:
    """cursor: behind all that the copy shows. batches: rows (sku, location code, counters, available, version)."""

    cursor: str
    batches: AsyncGenerator[list[Any], None]


@asynccontextmanager
async def read_stock(db: Database, *, location_ids: Collection[int] | None = None) -> AsyncGenerator[StockCopy, None]:
    """All rows of stock that one snapshot sees, by variant and location, a few thousand at a time."""
    async with db.read_snapshot() as tx:
        # Whoever takes the rows may be slow.
        await tx.connection.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        cursor = cursor_behind(*await read_instant(tx))
        places = None if location_ids is None else sorted(location_ids)
        rows = await tx.connection.cursor(STOCK_COPY.text, *STOCK_COPY.arguments({"location_ids": places}))

        async def batches() -> AsyncGenerator[list[Any], None]:
            while found := await rows.fetch(_BATCH):
                yield found

        yield StockCopy(cursor.encode(), batches())
