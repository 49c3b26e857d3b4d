"""The outbox as a live feed: one reader per process, any number of subscribers.

The reader sleeps on a LISTEN connection of its own. A process that committed events sends one NOTIFY after
the commit, outside of the transaction and for any number of commits at once; a poll every second finds what
no notification told of. Facts that the transaction horizon still holds back are looked for again within
milliseconds.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, Self

from app.engine.live import SubscriberTooSlow
from app.kit.db import Database, Row, is_database
from app.kit.listener import Fact, Hear, Listener, names_of
from app.kit.outbox import LAST_ID, MANY, START, Position, end_of, newest_position, read_feed, unfold, weight
from app.kit.statement import Statement

log = logging.getLogger(__name__)

CHANNEL: Final = "hikiate_feed"
# Distinct keys that one subscriber may leave unread; its memory is bounded by this.
MAX_PENDING_KEYS: Final = 10_000
_BATCH: Final = 500
_POLL_S: Final = 1.0
# How soon facts behind the horizon are looked for again: at first, and while a transaction stays open.
_PENDING_POLL_S: Final = (0.01, 0.25)
_RECONNECT_S: Final = (0.1, 5.0)

_IS_ANYTHING_AFTER: Final = Statement("SELECT 1 FROM outbox WHERE (xid, id) > (:xid, :id) ORDER BY xid, id LIMIT 1")


class Subscription:
    """The facts of one topic about some keys: an async iterator of payloads, in the feed's order.

    While nobody reads, only the newest payload of each key is kept. Payloads are shared between subscribers
    and must not be changed. Ends when the feed closes. `close()`, leaving an `async with`, and dropping the
    last reference all end it and free everything.
    """

    def __init__(self, listener: Listener, buffer: "_Buffer") -> None:
        self._listener = listener
        self._buffer = buffer

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        return await self._buffer.next()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._buffer.end()
        self._listener.close()


class _Buffer:
    """What one subscriber has not read yet: key -> newest payload, oldest news first."""

    __slots__ = ("arrived", "ended", "failure", "pending")

    def __init__(self) -> None:
        self.pending: dict[str, dict[str, Any]] = {}
        self.arrived = asyncio.Event()
        self.ended = False
        self.failure: Exception | None = None

    def hear(self, facts: Iterable[Fact], _through: Position) -> None:
        for fact in facts:
            self._put(fact.key, fact.payload)
        self.arrived.set()

    def _put(self, key: str, payload: dict[str, Any]) -> None:
        self.pending.pop(key, None)
        if len(self.pending) >= MAX_PENDING_KEYS:
            self.pending.clear()
            self.failure = SubscriberTooSlow()
            self.ended = True
        if not self.ended:
            self.pending[key] = payload

    def end(self) -> None:
        self.ended = True
        self.arrived.set()

    async def next(self) -> dict[str, Any]:
        while not self.pending:
            if self.failure is not None:
                raise self.failure
            if self.ended:
                raise StopAsyncIteration
            self.arrived.clear()
            await self.arrived.wait()
        return self.pending.pop(next(iter(self.pending)))


class Feed:
    """The one reader of a process. `start()` it, `close()` it; `wake()` is for `Database.after_publish`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._position = START
        self._wanted: dict[tuple[str, str | None], dict[int, Listener]] = {}
        self._woken = asyncio.Event()
        self._must_notify = False
        self._task: asyncio.Task[None] | None = None
        self._sender = f"{os.getpid()}-{id(self)}"
        self.after_read: list[Callable[[], None]] = []
        """Called whenever new facts were read: for other readers of the outbox in this process."""

    async def start(self) -> None:
        """Begin at the feed's present end. Raises when the database cannot be read."""
        async with self._db.read() as tx:
            self._position = await newest_position(tx)
        self._db.after_publish = self.wake
        self._task = asyncio.create_task(self._run(), name="feed")

    async def close(self) -> None:
        """Stop reading and end all subscriptions."""
        if self._db.after_publish == self.wake:
            self._db.after_publish = None
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        for listener in self._listeners().values():
            listener.ended()

    def listen(
        self,
        topic: str,
        keys: Iterable[str] | None,
        heard: Hear,
        ended: Callable[[], None] = lambda: None,
    ) -> Listener:
        """Listen to a topic from now on: what is read after this call cannot be missed.

        keys: a key that ends in ":" stands for all keys that begin with it, so "12:" hears "12:1" and "12:2".
        None: all keys of the topic. ended: called when the feed is closed.
        """
        listener = Listener(topic, None if keys is None else frozenset(keys), heard, ended, self._remove)
        for place in listener.places():
            self._wanted.setdefault(place, {})[id(listener)] = listener
        return listener

    def subscribe(self, topic: str, keys: Iterable[str] | None = None) -> Subscription:
        """The same facts to be read one by one. topic, keys: as for `listen`."""
        buffer = _Buffer()
        return Subscription(self.listen(topic, keys, buffer.hear, buffer.end), buffer)

    @property
    def position(self) -> Position:
        """Where it stands: all facts up to here were handed out."""
        return self._position

    @property
    def subscriber_count(self) -> int:
        """How many listen."""
        return len(self._listeners())

    def _listeners(self) -> dict[int, Listener]:
        return {key: listener for listeners in self._wanted.values() for key, listener in listeners.items()}

    def wake(self) -> None:
        """Events were committed by this process: read them soon and tell the other processes."""
        self._must_notify = True
        self._woken.set()

    def _remove(self, listener: Listener) -> None:
        for place in listener.places():
            listeners = self._wanted.get(place)
            if listeners is not None:
                listeners.pop(id(listener), None)
                if not listeners:
                    del self._wanted[place]

    async def _run(self) -> None:
        """Read until cancelled, on a new connection whenever the database went away."""
        delay = _RECONNECT_S[0]
        while True:
            try:
                async with self._db.listening_connection() as connection:
                    await connection.add_listener(CHANNEL, self._hear)
                    delay = _RECONNECT_S[0]
                    async with self._db.reference.heard_on(connection):
                        await self._follow(connection)
            except Exception as error:  # subscribers would wait for ever
                reason = str(error) or type(error).__name__
                log.warning("The feed lost the database and tries again: %s", reason, exc_info=not is_database(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _RECONNECT_S[1])

    async def _follow(self, connection: Any) -> None:
        pause = _PENDING_POLL_S[0]
        while True:
            self._woken.clear()
            await self._db.reference.keep_alive(connection)
            if self._must_notify:
                self._must_notify = False
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._sender)
            found, held_back = await self._read()
            pause = _PENDING_POLL_S[0] if found or not held_back else min(pause * 1.5, _PENDING_POLL_S[1])
            # Not wait_for: before Python 3.12 that may swallow the cancellation that `close` sends.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause if held_back else _POLL_S):
                    await self._woken.wait()
            if connection.is_closed():
                message = "the listening connection was closed"
                raise ConnectionError(message)

    async def _read(self) -> tuple[int, bool]:
        """Hand out everything that is readable; (how many facts, whether more wait behind the horizon)."""
        count = 0
        while True:
            async with self._db.read() as tx:
                rows = await read_feed(tx, self._position, _BATCH)
                if not rows:
                    is_held_back = await tx.fetchval(_IS_ANYTHING_AFTER, **self._position._asdict())
                    return count, bool(is_held_back)
            self._hand_out(rows)
            self._position = end_of(rows[-1])
            count += len(rows)
            for listener in self.after_read:
                listener()

    def _hand_out(self, rows: list[Row]) -> None:
        """Each listener is called once, with all that it wants to hear of these."""
        # Nothing of a transaction is left to be read when nothing at all is.
        through = Position(rows[-1]["xid"], LAST_ID) if weight(rows) < _BATCH else end_of(rows[-1])
        heard: dict[int, tuple[Listener, list[Fact]]] = {}
        for row in rows:
            if row["key"] != MANY or any(topic == row["topic"] for topic, _ in self._wanted):
                for position, key, payload in unfold(row):
                    self._tell(row["topic"], Fact(position, key, payload), heard)
        for listener, facts in heard.values():
            try:
                listener.heard(facts, through)
            except Exception:  # the others would hear it again and again
                log.exception("A listener of the feed failed")

    def _tell(self, topic: str, fact: Fact, heard: dict[int, tuple[Listener, list[Fact]]]) -> None:
        for name in names_of(fact.key):
            for key, listener in self._wanted.get((topic, name), {}).items():
                facts = heard.setdefault(key, (listener, []))[1]
                if not facts or facts[-1] is not fact:  # else it is wanted by two names
                    facts.append(fact)

    def _hear(self, _connection: Any, _pid: int, _channel: str, sender: str) -> None:
        if sender != self._sender:
            self._woken.set()
