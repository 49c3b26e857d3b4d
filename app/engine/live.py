"""What a subscription's root field may return so that many subscribers share one stream."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# Distinct keys of which changes may wait to be told; the memory of a stream is bounded by this.
MAX_WAITING: Final = 10_000


class SubscriberTooSlow(Exception):
    """Changes of too many keys were left unread. Subscribe again and read the state anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a source heard: something new about a key. mark: its place in the order of hearing; comparable, unique."""

    key: Hashable
    version: int
    mark: Any
    payload: Any


@dataclass(slots=True)
class Event:
    """What subscribers are told: the row that the root field yields, as of one version of its key.

    The hub takes the row out once it is encoded: an event is told once.
    """

    key: Hashable
    version: int
    row: Any


@dataclass(slots=True)
class Beginning:
    """What those are told who begin to listen, all of it as of one instant.

    given: by the cursor that a subscriber brought. One who brings none, or one that leads nowhere, is told everything;
    others what their cursor has not seen. behind: what is newer than `known`, for those who have listened before.
    versions: of every key.
    """

    given: dict[str | None, list[Event]]
    behind: list[Event] = field(default_factory=list[Event])
    versions: dict[Hashable, int] = field(default_factory=dict[Hashable, int])


Heard = Callable[[Sequence[Change]], None]
Ended = Callable[[BaseException | None], None]


class Live(ABC):
    """A stream of rows with keys and versions: first what is, then what changes.

    The hub gives all subscribers with equal operations, equal rights and an equal `share` one listener, one execution
    and one encoding of each event. A Live that nobody listens to holds nothing.

    share: tells apart the streams of one root field; it stands for everything that the field's arguments decide, but
    for where a subscriber begins. after: the cursor that this subscriber brought. max_rate: events per second; None: as
    they come. context, renew: of the operation that made it, and how it is made fresh for a later event; for those who
    listen without a hub, which makes a context for each batch of events.
    """

    def __init__(
        self,
        context: Any,
        share: Hashable,
        *,
        renew: Callable[[], None] = lambda: None,
        after: str | None = None,
        max_rate: float | None = None,
    ) -> None:
        self.context = context
        self.renew = renew
        self.share = share
        self.after = after
        self.max_rate = max_rate

    @abstractmethod
    def listen(self, heard: Heard, ended: Ended) -> Callable[[], None]:
        """Listen from now on; call what is returned to stop, more than once does no harm.

        heard: called with changes in the order of their marks, all that are there at once together. ended: called once,
        with what broke the source, or None.
        """

    @abstractmethod
    async def begin(
        self, context: Any, cursors: Collection[str | None], known: Mapping[Hashable, int] | None
    ) -> Beginning:
        """Read what is now. Whatever was heard before this is called must be visible to it.

        known: the versions that those were told who listen already; None: nobody does.
        """

    @abstractmethod
    async def events(self, context: Any, changes: Sequence[Change], waiting: Any | None) -> list[Event]:
        """What to tell about changes, in this order. Those about which there is nothing to tell are left out.

        waiting: the smallest mark of all other changes that were heard and not told yet; None when there is none. It
        and what was heard up to now must be looked at before anything is awaited.
        """

    @property
    def needs_order(self) -> bool:
        """Whether the change with the smallest mark has to be told next; else any."""
        return False

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The rows for one subscriber alone, as an executor without a hub wants them. `max_rate` is not looked at."""
        waiting, arrived = Waiting(), asyncio.Event()
        broken: list[BaseException | None] = []

        def end(error: BaseException | None) -> None:
            broken.append(error)
            arrived.set()

        def hear(changes: Sequence[Change]) -> None:
            try:
                waiting.put(changes)
            except SubscriberTooSlow as error:
                end(error)
            arrived.set()

        stop = self.listen(hear, end)
        try:
            beginning = await self.begin(self.context, [self.after], None)
            waiting.know(beginning.versions)
            for event in beginning.given[self.after]:
                yield event.row
            while True:
                if changes := waiting.take():
                    for event in await self.events(self.context, changes, waiting.oldest()):
                        self.renew()
                        waiting.know({event.key: event.version})
                        yield event.row
                elif broken:
                    break
                else:
                    arrived.clear()
                    await arrived.wait()
        finally:
            stop()
        if broken[0] is not None:
            raise broken[0]


class Waiting:
    """Changes that were heard and not told yet, the newest of each key; and the versions that were told.

    Versions only rise: a change that is heard after a newer one of its key is dropped.
    """

    __slots__ = ("_changes", "coalesced", "known")

    def __init__(self) -> None:
        self._changes: dict[Hashable, Change] = {}
        self.known: dict[Hashable, int] = {}
        self.coalesced = 0

    def __len__(self) -> int:
        return len(self._changes)

    def put(self, changes: Sequence[Change]) -> None:
        """Raises SubscriberTooSlow when more than MAX_WAITING keys wait."""
        waiting = self._changes
        for change in changes:
            other = waiting.get(change.key)
            if other is not None or change.version <= self.known.get(change.key, -1):
                self.coalesced += 1
                if other is None or other.version >= change.version:
                    continue
            waiting[change.key] = change
        if len(waiting) > MAX_WAITING:
            waiting.clear()
            raise SubscriberTooSlow

    def know(self, versions: Mapping[Hashable, int]) -> None:
        """These versions were told; changes that are no newer need not be."""
        self.known.update(versions)
        waiting = self._changes
        for key in [key for key, change in waiting.items() if change.version <= versions.get(key, -1)]:
            del waiting[key]
            self.coalesced += 1

    def take(self) -> list[Change]:
        """All of them, in the order of their marks."""
        changes = sorted(self._changes.values(), key=lambda change: change.mark)
        self._changes.clear()
        return changes

    def take_one(self, *, in_order: bool) -> Change:
        """The one whose key has waited longest, or the one with the smallest mark."""
        key = next(iter(self._changes))
        if in_order:
            key = min(self._changes.values(), key=lambda change: change.mark).key
        return self._changes.pop(key)

    def oldest(self) -> Any | None:
        """The smallest mark."""
        return min((change.mark for change in self._changes.values()), default=None)
