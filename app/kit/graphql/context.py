"""What one GraphQL operation knows: its caller, language, channel, instant and the way to the database."""

import asyncio
from collections.abc import Collection, Hashable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

import strawberry
from aiodataloader import DataLoader

from app.engine.relations import Batch, make_loader
from app.kit.config import Config
from app.kit.db import Database, ReadTx, Row
from app.kit.lending import Loan
from app.kit.permissions import Actor
from app.kit.reference import Kept
from app.kit.statement import Statement

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Context:
    """One per operation; for subscriptions one per event, so that no loader serves stale rows."""

    def __init__(  # plain data, all by keyword
        self,
        *,
        db: Database,
        config: Config,
        actor: Actor,
        now: datetime,
        language: str,
        channel: str,
        feed: Any = None,
    ) -> None:
        self.db = db
        self.config = config
        self.actor = actor
        self.now = now
        self.language = language
        self.channel = channel
        self.feed = feed
        self.prefetched: dict[Any, Any] = {}
        """Rows that came along with others and that a relation will ask for: by relation and its arguments."""
        self._loaders: dict[tuple[int, tuple[tuple[str, Any], ...]], DataLoader[Any, Any]] = {}
        self.reading_block: Reading | None = None
        """The block that is being run, if any: set by it."""

    def renew(self, now: datetime) -> None:
        """Begin the next event of a subscription: nothing that was loaded for the last one is used again."""
        self.now = now
        self.forget()

    def forget(self) -> None:
        """Use nothing again that was loaded so far: it may have changed."""
        self._loaders.clear()
        self.prefetched.clear()

    def reading(self) -> AbstractAsyncContextManager[None]:
        """`async with context.reading():` all that is read inside shares one connection.

        It is lent by the first statement and given back at the end of the block, so wait for nothing else in there.
        Concurrent statements take turns. A block inside another is a part of it.
        """
        return nullcontext() if self.reading_block is not None else Reading(self)

    def read(self) -> AbstractAsyncContextManager[ReadTx]:
        """A read-only connection: that of the block around, else one for this block alone."""
        return self.db.read() if self.reading_block is None else _Turn(self.reading_block)

    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows, read after whatever this operation has committed."""
        if self.reading_block is not None:
            return await (await self.reading_block.tx(generic=statement.generic)).fetch(statement, **values)
        async with self.db.read(generic=statement.generic) as tx:
            return await tx.fetch(statement, **values)

    async def fetchrow(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        if self.reading_block is not None:
            return await (await self.reading_block.tx(generic=statement.generic)).fetchrow(statement, **values)
        async with self.db.read(generic=statement.generic) as tx:
            return await tx.fetchrow(statement, **values)

    async def find(self, kept: Kept[K, V], keys: Collection[K]) -> dict[K, V]:
        """Reference data: kept in this process, or read."""
        return await self.db.reference.find(kept, keys, self.read)

    def loader(self, batch: Batch, arguments: tuple[tuple[str, Any], ...]) -> DataLoader[Any, Any]:
        """The loader of this operation for one relation with one set of arguments."""
        key = (id(batch), arguments)
        found = self._loaders.get(key)
        if found is None:
            found = self._loaders[key] = make_loader(self, batch, arguments)
        return found


class Reading:
    """A block whose statements share a connection."""

    __slots__ = ("_context", "_is_over", "_lending", "_loan", "_tx")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._loan: Loan | None = None
        self._tx: ReadTx | None = None
        self._lending = asyncio.Lock()
        self._is_over = False

    async def tx(self, *, generic: bool = False) -> ReadTx:
        """The connection; the first caller gets it lent, others wait for that. generic: as for `Database.read`."""
        if self._tx is None:
            async with self._lending:
                if self._tx is None:
                    loan = self._context.db.read(generic=generic)
                    self._loan, self._tx = loan, await loan.__aenter__()
                    if self._is_over:
                        await loan.__aexit__(None, None, None)
        if self._is_over:
            message = "The block of reading is over."
            raise RuntimeError(message)
        return self._tx

    async def __aenter__(self) -> None:
        self._context.reading_block = self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.reading_block = None
        self._is_over = True
        if self._loan is not None:
            await self._loan.__aexit__(kind, error, trace)


class _Turn:
    """What `Context.read` gives inside a block."""

    __slots__ = ("_reading",)

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def __aenter__(self) -> ReadTx:
        return await self._reading.tx()

    async def __aexit__(self, *_: object) -> None:
        """The connection belongs to the block."""


Info: TypeAlias = strawberry.Info[Context, None]
