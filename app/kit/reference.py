"""Reference data in process: rows that every request needs and that rarely change, such as channels and locations.

It is kept only while a feed's connection listens to `CHANNEL`: PostgreSQL itself tells there, by triggers on the
tables, of every commit that changed one of them, whoever made it. Without such a connection nothing is kept and every
question goes to the database, as if this module did not exist. A connection counts as long as it hears itself: one
that is half open, or behind a proxy that swallows notifications, does not.

What is kept is never older than the newest change that this process was told of, and a process is told of its own
commits before whoever made them goes on. Other processes hear within the time of a notification. So this is for
showing and for finding out who calls; whoever decides about stock or money reads the tables.
"""

import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Hashable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from app.kit.transactions import ReadTx

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

CHANNEL: Final = "hikiate_reference"
# How often a listening connection calls itself, and how long its last answer counts, in seconds.
CALL_EVERY_S: Final = 10.0
COUNTS_FOR_S: Final = 30.0
_CALL_TIMEOUT_S: Final = 5.0
_CALL: Final = "SELECT pg_notify($1, '')"


@dataclass(frozen=True, eq=False, slots=True)
class Kept(Generic[K, V]):
    """One kind of reference data, declared once, at import.

    tables: those that its values are made of; each has the trigger `tell_reference_change`. load: values by key; keys
    that it leaves out are asked for again each time, so that made-up keys fill nothing. capacity: how many values are
    kept; when there are more, all are dropped. Values are shared and must not be changed.
    """

    tables: frozenset[str]
    load: Callable[[ReadTx, list[K]], Awaitable[Mapping[K, V]]]
    capacity: int = 10_000


class Reference:
    """What one process keeps of one database."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[Kept[Any, Any], dict[Any, Any]] = {}
        self._changes: Counter[str] = Counter()
        """By table: how often it changed. What was loaded meanwhile may be old and is not kept."""
        self._called: dict[Any, float] = {}
        self._heard: dict[Any, float] = {}
        """By connection: when it called itself, and when it last heard that."""

    @property
    def is_on(self) -> bool:
        """Whether changes are heard, so that values may be kept."""
        if self._heard:
            latest = self._clock() - COUNTS_FOR_S
            for connection, heard in self._heard.items():
                if heard > latest and not connection.is_closed():
                    return True
            self._drop_all()
        return False

    async def find(
        self, kept: Kept[K, V], keys: Collection[K], read: Callable[[], AbstractAsyncContextManager[ReadTx]]
    ) -> dict[K, V]:
        """The values of `keys`, as far as they exist.

        read: lends a connection when some have to be loaded; never one inside a snapshot, which may be old.
        """
        known: dict[K, V] = self._values.get(kept, {}) if self.is_on else {}
        found = {key: known[key] for key in keys if key in known}
        if len(found) == len(keys):
            return found
        before = self._age(kept)
        async with read() as tx:
            loaded = await kept.load(tx, [key for key in keys if key not in found])
        if self.is_on and self._age(kept) == before:
            self._keep(kept, loaded)
        return {**found, **loaded}

    def forget(self, tables: Iterable[str]) -> None:
        """Drop what was made of these tables."""
        changed = frozenset(tables)
        self._changes.update(changed)
        for kept in [kept for kept in self._values if not kept.tables.isdisjoint(changed)]:
            del self._values[kept]

    @asynccontextmanager
    async def heard_on(self, connection: Any) -> AsyncGenerator[None, None]:
        """Keep values while the block runs, `keep_alive` is called in it, and this connection hears."""
        await connection.add_listener(CHANNEL, self._hear)
        try:
            await self.keep_alive(connection)
            yield
        finally:
            self._called.pop(connection, None)
            self._heard.pop(connection, None)
            self._drop_all()

    async def keep_alive(self, connection: Any) -> None:
        """Let the connection call itself when it is time for that. Raises when it is broken."""
        now = self._clock()
        if now - self._called.get(connection, -CALL_EVERY_S) >= CALL_EVERY_S:
            self._called[connection] = now
            await connection.execute(_CALL, CHANNEL, timeout=_CALL_TIMEOUT_S)

    def _hear(self, connection: Any, _pid: int, _channel: str, table: str) -> None:
        if table:
            self.forget((table,))
        elif connection in self._called:
            if not self.is_on:
                # Nobody told of what was changed before.
                self._drop_all()
            self._heard[connection] = self._called[connection]

    def _age(self, kept: Kept[Any, Any]) -> tuple[int, ...]:
        return (self._changes[""], *(self._changes[table] for table in kept.tables))

    def _keep(self, kept: Kept[Any, Any], loaded: Mapping[Any, Any]) -> None:
        if len(loaded) > kept.capacity:
            return
        values = self._values.setdefault(kept, {})
        if len(values) + len(loaded) > kept.capacity:
            values.clear()
        values.update(loaded)

    def _drop_all(self) -> None:
        self._changes[""] += 1
        self._values.clear()
