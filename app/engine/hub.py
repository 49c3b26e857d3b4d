"""Subscriptions: how events find their way from a source to those who listen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import GraphQLError

from app.engine.engine import Engine, Prepared


@dataclass(slots=True, eq=False)
class Answer:
    """One encoded result, shared by all who are given it.

    payload: the result as JSON. key: what it is about; a newer answer of the same subscription with an equal key makes
    this one superfluous. Whoever drops it for that reason puts the newer one at the end of what waits, never in its
    place: cursors in answers tell that everything before them was given. None: nothing replaces it.
    frames: forms in which transports send it, made once per (transport, operation id) and kept here by them.
    """

    payload: bytes
    key: Hashable | None = None
    frames: dict[Any, Any] = field(default_factory=dict[Any, Any])


class Subscriber(Protocol):
    """A transport's end of one subscription. No method blocks or raises; none is called after `Subscribed.close`."""

    def next(self, answer: Answer) -> None:
        """Send an answer."""
        ...

    def complete(self) -> None:
        """The source has ended. The last call."""
        ...

    def error(self, errors: list[GraphQLError]) -> None:
        """The source failed; errors as the caller may see them, never empty. The last call."""
        ...


@dataclass(slots=True)
class Metrics:
    """Counts since the start, and what is open now. Transports add what they drop or close."""

    groups: int = 0
    """Views of streams that are open."""
    members: int = 0
    """Subscriptions that are open."""
    encoded: int = 0
    """Results that were encoded."""
    deliveries: int = 0
    """Answers handed to subscribers."""
    coalesced: int = 0
    """Changes that were never told because a newer one of the same key was there already."""
    too_slow: int = 0
    """Subscriptions that were closed because they left too much unread."""


class Subscribed(Protocol):
    """An open subscription."""

    def close(self) -> None:
        """Leave: the subscriber is not called again. Closing twice does nothing."""
        ...


class Hub:
    """All subscriptions of a process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.metrics = Metrics()

    async def subscribe(
        self, prepared: Prepared, make_context: Callable[[], Any], share: Hashable, subscriber: Subscriber
    ) -> Subscribed:
        """Begin to listen; the subscriber is called from now on, also before this returns.

        share: callers with equal keys may be given the same bytes. Raises Refused when the subscription cannot begin.
        Cancelling it leaves nothing behind.
        """
        del share
        return _Alone(self, prepared, make_context, await self._engine.source(prepared, make_context()), subscriber)

    @property
    def engine(self) -> Engine:
        """What executes the events."""
        return self._engine


class _Alone:
    """A source that one subscriber has for itself."""

    def __init__(
        self, hub: Hub, prepared: Prepared, make_context: Callable[[], Any], source: Any, subscriber: Subscriber
    ) -> None:
        self._hub = hub
        self._subscriber: Subscriber | None = subscriber
        hub.metrics.members += 1
        hub.metrics.groups += 1
        self._task = asyncio.create_task(self._run(prepared, make_context, aiter(source)))

    def close(self) -> None:
        if self._subscriber is None:
            return
        self._subscriber = None
        self._hub.metrics.members -= 1
        self._hub.metrics.groups -= 1
        self._task.cancel()

    async def _run(self, prepared: Prepared, make_context: Callable[[], Any], source: AsyncIterator[Any]) -> None:
        try:
            async for event in source:
                [result] = await self._hub.engine.run_events(prepared, make_context(), [event])
                if self._subscriber is not None:
                    self._subscriber.next(Answer(result.encode()))
                await asyncio.sleep(0)
            self._end(lambda subscriber: subscriber.complete())
        except Exception as error:  # noqa: BLE001  # whatever it was, the subscriber hears of it
            failed = GraphQLError(str(error), original_error=error)
            public = self._hub.engine._publish(failed, "BAD_USER_INPUT")  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            self._end(lambda subscriber: subscriber.error([public]))
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _end(self, say: Callable[[Subscriber], None]) -> None:
        subscriber = self._subscriber
        self.close()
        if subscriber is not None:
            say(subscriber)
