"""One who listens, and what was not read yet."""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from app.engine.answer import Answer, Subscriber

if TYPE_CHECKING:
    from app.engine.group import Group
    from app.engine.hub import Metrics

# Beginnings of more answers than this are handed over as fast as the subscriber reads, no faster.
MANY: Final = 250
# What an answer takes besides its payload, about, in bytes.
OVERHEAD: Final = 400

Answers = Mapping[Hashable, Answer]


def room_of(answer: Answer) -> int:
    """What an answer that waits takes, in bytes."""
    return len(answer.payload) + OVERHEAD


class Unread:
    """A beginning of many answers: kept once for all who read it, and counted until the last of them is through."""

    __slots__ = ("_metrics", "_readers", "_size", "answers")

    def __init__(self, answers: Answers, metrics: "Metrics") -> None:
        self.answers = answers
        self._metrics = metrics
        self._size = sum(map(room_of, answers.values()))
        self._readers = 0

    def hold(self) -> None:
        """One more reads it."""
        if self._readers == 0:
            self._metrics.unread_bytes += self._size
        self._readers += 1

    def release(self) -> None:
        """One has read it, or left."""
        self._readers -= 1
        if self._readers == 0:
            self._metrics.unread_bytes -= self._size


class Member:
    """A subscriber of a group."""

    __slots__ = ("_begun", "_group", "_newer", "_reading", "_subscriber", "_unread", "after", "make_context")

    def __init__(
        self, group: "Group", subscriber: Subscriber, make_context: Callable[[], Any], after: str | None
    ) -> None:
        self._group = group
        self._subscriber: Subscriber | None = subscriber
        self._begun: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()
        self._unread: Unread | None = None
        self._newer: dict[Hashable, Answer] = {}
        """What was told since the beginning that is still unread; it stands for what is older in there."""
        self._reading: asyncio.Task[None] | None = None
        self.make_context = make_context
        self.after = after

    def close(self) -> None:
        """Leave; what was not read is let go at once."""
        if self._subscriber is not None:
            self._subscriber = None
            self._let_go()
            self._group.remove(self)

    async def begun(self) -> None:
        """Wait until the beginning was handed over, or until this has left."""
        if self._begun is not None:
            await asyncio.wait([self._begun])

    def next(self, answer: Answer) -> None:
        """Tell, or keep until it has read what comes before."""
        if self._unread is None:
            self._hand_over(answer)
        elif self._subscriber is not None:
            self._take(answer.key)
            self._newer[answer.key] = answer
            self._group.hub.metrics.unread_bytes += room_of(answer)

    def begin(self, answers: Answers, unread: Unread | None) -> None:
        """Tell what is now. unread: the same, where it is much."""
        if unread is None:
            for answer in answers.values():
                self._hand_over(answer)
            self._let_go()
        else:
            unread.hold()
            self._unread = unread
            self._reading = self._group.hub.keep(asyncio.create_task(self._read(iter(answers.values()))))

    def end(self, say: Callable[[Subscriber], None]) -> None:
        """The last word; what was not read yet is dropped."""
        subscriber = self._subscriber
        self.close()
        if subscriber is not None:
            say(subscriber)

    def _hand_over(self, answer: Answer) -> None:
        if self._subscriber is not None:  # else it left while it was told
            self._subscriber.next(answer)

    async def _read(self, answers: Iterator[Answer]) -> None:
        try:
            while self._subscriber is not None:
                await self._subscriber.room()
                part = list(islice(answers, MANY))
                if part:
                    part = [answer for answer in part if answer.key not in self._newer]
                elif self._newer:
                    part = [self._take(key) for key in list(islice(self._newer, MANY))]
                else:
                    break
                for answer in part:
                    if answer is not None:
                        self._hand_over(answer)
                del part  # nothing is held while there is no room
        finally:
            self._let_go()

    def _take(self, key: Hashable) -> Answer | None:
        answer = self._newer.pop(key, None)
        if answer is not None:
            self._group.hub.metrics.unread_bytes -= room_of(answer)
        return answer

    def _let_go(self) -> None:
        """There is no beginning any more that would wait."""
        for key in list(self._newer):
            self._take(key)
        if self._unread is not None:
            self._unread.release()
            self._unread = None
        if self._reading is not None:
            if self._reading is not asyncio.current_task():
                self._reading.cancel()
            self._reading = None
        if self._begun is not None:
            self._begun.set_result(None)
            self._begun = None
