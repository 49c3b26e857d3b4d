"""Subscriptions: how events find their way from a source to those who listen."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from graphql.language import Node, VariableNode

from app.engine.answer import Answer, Subscribed, Subscriber
from app.engine.engine import Engine
from app.engine.group import Group
from app.engine.live import Live
from app.engine.prepared import Prepared

__all__ = ["Answer", "Hub", "Metrics", "Subscribed", "Subscriber"]

log = logging.getLogger(__name__)

# So many beginnings are read and encoded at once: enough to keep the event loop busy while the database reads others.
_BEGINNINGS: Final = 4


@dataclass(slots=True)
class Metrics:
    """What is open now, and counts since the start."""

    groups: int = 0
    """Views of streams that are open."""
    members: int = 0
    """Subscriptions that are open."""
    encoded: int = 0
    """Results that were executed and encoded."""
    deliveries: int = 0
    """Answers handed to subscribers."""
    coalesced: int = 0
    """Changes that were never told, because a newer one of the same key was there already."""
    too_slow: int = 0
    """Subscriptions that were ended because too much was left untold."""
    unread_bytes: int = 0
    """What waits in beginnings that were not read to their end, now."""
    refused: int = 0
    """Subscriptions that could not begin because too much was unread."""


class Hub:
    """All subscriptions of a process.

    Subscribers with the same operation, variables and rights share one group: what one of them is told is made once
    for all. now, later: a clock in seconds, and how to be called after some; for `max_rate`. max_unread_bytes:
    while more waits in beginnings that are not read, no subscription begins that has a long one.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], Any] | None = None,
        max_unread_bytes: int = 64 << 20,
    ) -> None:
        self.engine: Final = engine
        self.metrics: Final = Metrics()
        self.now: Final = now
        self.later: Final = later or (lambda pause, call: asyncio.get_running_loop().call_later(pause, call))
        self.beginnings: Final = asyncio.Semaphore(_BEGINNINGS)
        self._max_unread_bytes: Final = max_unread_bytes
        self._groups: dict[Hashable, Group] = {}
        self._opening: dict[Hashable, asyncio.Task[_Opened]] = {}
        self._to_open: dict[Hashable, asyncio.Task[_Opened]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_full(self) -> bool:
        """Whether too much waits for those who do not read."""
        return self.metrics.unread_bytes >= self._max_unread_bytes

    async def subscribe(
        self, prepared: Prepared, make_context: Callable[[], Any], share: Hashable, subscriber: Subscriber
    ) -> Subscribed:
        """Begin to listen; the subscriber is called from now on, also before this returns.

        share: callers with equal keys may be given the same bytes. Raises Refused when the subscription cannot begin.
        Cancelling it leaves nothing behind.
        """
        entry = (prepared.operation, share, _canonical(prepared.given))
        opened = await self._open(entry, prepared, make_context)
        source = opened.source
        if isinstance(source, Live):
            key = (prepared.operation, share, source.share, opened.variables)
            group = self._groups.get(key)
            if group is None:
                group = self._groups[key] = Group(self, key, source, prepared)
            return group.join(subscriber, make_context, source.after)
        if opened.is_taken:
            source = await self.engine.source(prepared, make_context())
        opened.is_taken = True
        return Alone(self, prepared, make_context, aiter(source), subscriber)

    async def _open(self, entry: Hashable, prepared: Prepared, make_context: Callable[[], Any]) -> "_Opened":
        """The source, opened after this was called. Who asks while it is being opened shares the next opening."""
        task = self._to_open.get(entry)
        if task is None:
            task = self._to_open[entry] = asyncio.create_task(self._open_after(entry, prepared, make_context))
        return await asyncio.shield(task)

    async def _open_after(self, entry: Hashable, prepared: Prepared, make_context: Callable[[], Any]) -> "_Opened":
        while (before := self._opening.get(entry)) is not None:
            await asyncio.wait([before])
        self._opening[entry] = self._to_open.pop(entry)
        try:
            source = await self.engine.source(prepared, make_context())
            return _Opened(source, _canonical(_beyond_root(prepared)) if isinstance(source, Live) else None)
        finally:
            del self._opening[entry]

    def forget(self, key: Hashable) -> None:
        """A group is over."""
        self._groups.pop(key, None)

    def keep(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        """Hold a task that nobody waits for, and say what it raises."""
        self._tasks.add(task)
        task.add_done_callback(self._drop)
        return task

    def _drop(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("Unexpected error in a subscription", exc_info=error)


@dataclass(slots=True, eq=False)
class _Opened:
    source: Any
    variables: Hashable
    """Those that tell apart the answers of one Live."""
    is_taken: bool = False
    """A generator is for one subscriber only."""


class Alone:
    """A source that one subscriber has for itself; it is read as fast as the subscriber reads."""

    def __init__(
        self,
        hub: Hub,
        prepared: Prepared,
        make_context: Callable[[], Any],
        source: AsyncIterator[Any],
        subscriber: Subscriber,
    ) -> None:
        self._hub = hub
        self._prepared = prepared
        self._make_context = make_context
        self._source = source
        self._subscriber: Subscriber | None = subscriber
        hub.metrics.members += 1
        hub.metrics.groups += 1
        self._task = hub.keep(asyncio.create_task(self._run()))

    def close(self) -> None:
        """Leave, and close the source."""
        if self._subscriber is None:
            return
        self._subscriber = None
        self._hub.metrics.members -= 1
        self._hub.metrics.groups -= 1
        if self._task is not asyncio.current_task():
            self._task.cancel()

    async def begun(self) -> None:
        """It keeps nothing that waits."""

    async def _run(self) -> None:
        try:
            async for event in self._source:
                [result] = await self._hub.engine.run_events(self._prepared, self._make_context(), [event])
                self._hub.metrics.encoded += 1
                if self._subscriber is None:
                    return
                self._subscriber.next(Answer(result.encode()))
                self._hub.metrics.deliveries += 1
                await self._subscriber.room()
                await asyncio.sleep(0)
            self._end(lambda subscriber: subscriber.complete())
        except Exception as error:  # whatever it was, the subscriber hears of it
            public = self._hub.engine.public(error, self._prepared)
            self._end(lambda subscriber: subscriber.error([public]))
        finally:
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()

    def _end(self, say: Callable[[Subscriber], None]) -> None:
        subscriber = self._subscriber
        self.close()
        if subscriber is not None:
            say(subscriber)


def _canonical(variables: dict[str, Any]) -> Hashable:
    """Equal for equal variables; what is no JSON equals nothing else."""
    try:
        return orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return object()


def _beyond_root(prepared: Prepared) -> dict[str, Any]:
    """The variables that are used anywhere but in the arguments of the root field, which the source stands for."""
    roots = {id(node) for field in (prepared.plan.root.fields if prepared.plan else ()) for node in field.nodes}
    operation = prepared.operation
    # Fragments count whether they are spread or not: a variable too many only means less to share.
    parts = [operation.definition.selection_set, *operation.document.fragments.values()]
    names = {name for part in parts for name in _variables(part, roots)}
    return {name: value for name, value in prepared.given.items() if name in names}


def _variables(node: Node, roots: set[int]) -> Iterator[str]:
    if isinstance(node, VariableNode):
        yield node.name.value
    for key in node.keys:
        if key == "arguments" and id(node) in roots:
            continue
        value: Any = getattr(node, key)
        for child in value if isinstance(value, list | tuple) else (value,):
            if isinstance(child, Node):
                yield from _variables(child, roots)
