"""The bounded way out of one connection.

What ten thousand connections are sent at once must not cost ten thousand switches of tasks. As long as the server takes
a message without waiting, `put` runs its `send` to the end on the spot. Only when the other end reads too slowly is
there a task, a queue, and a bound to it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, Final

from app.engine.begun import Rest

log = logging.getLogger(__name__)

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
_Queue = OrderedDict[Hashable, tuple[Message, int, Hashable]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait for one connection, beyond what the server itself buffers.

    A single message may be larger than `bytes`, as long as nothing waits before it.
    """

    bytes: int = 1 << 20
    messages: int = 1_000


@dataclass(slots=True)
class Pressure:
    """What does not get out, over all connections that share this: read by metrics."""

    queued_bytes: int = 0
    queued_messages: int = 0
    coalesced: int = 0
    """Messages that were never sent, because a newer one with the same key took their place."""
    overflowed: int = 0
    """Connections that read too slowly for too long."""


BOUNDS: Final = Bounds()


class Outlet:
    """Sends messages in their order and never blocks. Belongs to one event loop.

    send: ASGI's. It is begun outside any task of its own: until it waits for the first time, it must not ask for the
    current task.
    on_overflow: called when the bounds are exceeded, once; all that waited is dropped then, and only `end` is left.
    """

    __slots__ = ("_bounds", "_busy", "_bytes", "_ended", "_next", "_on_overflow", "_pressure", "_queue", "_send")

    def __init__(
        self,
        send: Send,
        on_overflow: Callable[[], None],
        *,
        pressure: Pressure,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._send = send
        self._on_overflow = on_overflow
        self._pressure = pressure
        self._bounds = bounds
        self._busy: asyncio.Task[None] | None = None
        self._queue: _Queue | None = None
        self._bytes = 0
        self._next = 0
        self._ended = False

    @property
    def queued_bytes(self) -> int:
        """What waits to be sent."""
        return self._bytes

    @property
    def queued_messages(self) -> int:
        """How many messages wait to be sent."""
        return len(self._queue) if self._queue else 0

    def put(self, message: Message, size: int, *, owner: Hashable = None, key: Hashable = None) -> None:
        """Send, or keep until it can be sent; dropped when the outlet has ended.

        size: of what the message carries, in bytes. owner: whose message it is, for `discard`. key: a newer message of
        the same owner with the same key makes this one superfluous; it then goes to the end of what waits, so that
        everything arrives in the order in which it became true.
        """
        if self._ended:
            return
        if self._busy is None:
            self._begin(message)
        elif self._may_queue(size, place := self._place(owner, key)):
            self._enqueue(place, message, size, owner)

    def end(self, message: Message | None = None) -> None:
        """Send this after all that waits, and take nothing more."""
        if self._ended:
            return
        self._ended = True
        if message is None:
            return
        if self._busy is None:
            self._begin(message)
        else:
            self._enqueue(self._place(None, None), message, 0, None)

    def discard(self, owner: Hashable) -> None:
        """Forget what waits of this owner."""
        queue = self._queue
        if queue:
            for place in [place for place, (_, _, whose) in queue.items() if whose == owner]:
                self._remove(queue, place)

    async def room(self) -> None:
        """Wait until nothing waits: for those who can, instead of overflowing."""
        while self._busy is not None:
            await asyncio.wait([self._busy])

    async def close(self, *, within_s: float) -> None:
        """Take nothing more, and give up what is not sent in time."""
        self._ended = True
        if self._busy is not None:
            await asyncio.wait([self._busy], timeout=within_s)
        if self._busy is not None:
            self._busy.cancel()
            await asyncio.wait([self._busy])

    def _begin(self, message: Message) -> None:
        """Run `send` up to where it waits, which is nearly always its end."""
        try:
            sending = self._send(message)
            steps = sending if type(sending) is CoroutineType else _as_coroutine(sending)
            waited_for = steps.send(None)
        except StopIteration:
            return
        except Exception as error:  # the caller sends to thousands and is not to blame
            self._lose(error)
            return
        self._busy = asyncio.get_running_loop().create_task(self._drain(Rest(steps, waited_for)))

    async def _drain(self, rest: "Rest") -> None:
        try:
            await rest
            while self._queue:
                message, _, _ = self._remove(self._queue, next(iter(self._queue)))
                await self._send(message)
        except Exception as error:  # as above
            self._lose(error)
        finally:
            self._busy = None
            self._clear()

    def _place(self, owner: Hashable, key: Hashable) -> Hashable:
        if key is not None:
            return (owner, key)
        self._next += 1
        return self._next

    def _may_queue(self, size: int, place: Hashable) -> bool:
        """Make room by dropping what is superfluous; without room, drop all and tell."""
        if not self._queue:
            return True
        if place in self._queue:
            self._remove(self._queue, place)
            self._pressure.coalesced += 1
        is_over = self._bytes + size > self._bounds.bytes or len(self._queue) >= self._bounds.messages
        if not (is_over and self._queue):
            return True
        self._pressure.overflowed += 1
        self._clear()
        self._on_overflow()
        self._ended = True
        return False

    def _enqueue(self, place: Hashable, message: Message, size: int, owner: Hashable) -> None:
        if self._queue is None:
            self._queue = OrderedDict()
        self._queue[place] = (message, size, owner)
        self._bytes += size
        self._pressure.queued_bytes += size
        self._pressure.queued_messages += 1

    def _remove(self, queue: _Queue, place: Hashable) -> tuple[Message, int, Hashable]:
        removed = queue.pop(place)
        self._bytes -= removed[1]
        self._pressure.queued_bytes -= removed[1]
        self._pressure.queued_messages -= 1
        return removed

    def _clear(self) -> None:
        while self._queue:
            self._remove(self._queue, next(iter(self._queue)))
        self._queue = None

    def _lose(self, error: Exception) -> None:
        """Nobody is there any more. Servers say so by an OSError; anything else is worth a line."""
        self._ended = True
        if not isinstance(error, OSError):
            log.warning("A message could not be sent", exc_info=error)


async def _as_coroutine(awaitable: Awaitable[None]) -> None:
    await awaitable
