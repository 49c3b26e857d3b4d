"""Timed work on very many rows: found in their order without locks, taken batch by batch by several workers at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from app.kit.db import Database, ReadTx, Row, WriteTx

BATCH: Final = 1_000
_WORKERS: Final = 2


Find = Callable[[ReadTx, Row | None, int], Awaitable[Sequence[Row]]]
"""The next rows behind one that was found (None: the first ones), at most so many. No batch changes their order."""
Take = Callable[[WriteTx, Sequence[Row]], Awaitable[int]]
"""Do the work on those of the rows that are free and still need it; how many these were. It waits for nobody."""


async def sweep(db: Database, find: Find, take: Take) -> int:
    """Take all that is found, each batch in a transaction of its own; returns how many.

    What somebody else is dealing with is looked at again as long as there is anything to do, then left for the next
    time. A worker whose batch fails stops, and when the others are done the failure is raised. A process that dies
    leaves the batches under way as they were.
    """
    swept = 0
    while True:
        pass_ = _Pass(db, find, take)
        ends = await asyncio.gather(*(pass_.work() for _ in range(_WORKERS)), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        swept += pass_.taken
        if not pass_.taken or pass_.taken == pass_.found:
            return swept


class _Pass:
    """Once through all rows, which its workers share."""

    def __init__(self, db: Database, find: Find, take: Take) -> None:
        self.found = 0
        self.taken = 0
        self._db = db
        self._find = find
        self._take = take
        self._turn = asyncio.Lock()
        self._last: Row | None = None
        self._is_over = False

    async def work(self) -> None:
        """Take batches until there are no more."""
        while rows := await self._next():
            taken = await self._db.in_write(lambda tx, rows=rows: self._take(tx, rows))
            self.taken += taken

    async def _next(self) -> Sequence[Row]:
        async with self._turn:
            if self._is_over:
                return []
            async with self._db.read() as tx:
                rows = await self._find(tx, self._last, BATCH)
            self._is_over = len(rows) < BATCH
            self._last = rows[-1] if rows else None
            self.found += len(rows)
            return rows
