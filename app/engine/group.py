"""One view of a stream, and those who look at it."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from app.engine.answer import Answer, Subscriber
from app.engine.engine import Prepared
from app.engine.live import Change, Event, Live, SubscriberTooSlow, Waiting

if TYPE_CHECKING:
    from app.engine.hub import Hub

# After so many answers are handed over or executed, others have their turn on the event loop.
CHUNK: Final = 500
# Beginnings of more answers than this are handed over as fast as the subscriber reads, no faster.
MANY: Final = 250

Answers = Mapping[Hashable, Answer]


class Member:
    """A subscriber of a group."""

    __slots__ = ("_group", "_rest", "_subscriber", "after", "make_context")

    def __init__(
        self, group: "Group", subscriber: Subscriber, make_context: Callable[[], Any], after: str | None
    ) -> None:
        self._group = group
        self._subscriber: Subscriber | None = subscriber
        self._rest: dict[Hashable, Answer] | None = None
        self.make_context = make_context
        self.after = after

    def close(self) -> None:
        """Leave."""
        if self._subscriber is not None:
            self._subscriber = None
            self._group.remove(self)

    def next(self, answer: Answer) -> None:
        """Tell, or keep until it has read what comes before."""
        if self._rest is not None:
            self._rest.pop(answer.key, None)
            self._rest[answer.key] = answer
        else:
            self._hand_over(answer)

    def begin(self, answers: Answers) -> None:
        """Tell what is now."""
        if len(answers) <= MANY:
            for answer in answers.values():
                self.next(answer)
        else:
            self._rest = dict(answers)
            self._group.hub.keep(asyncio.create_task(self._read_rest(self._rest)))

    def end(self, say: Callable[[Subscriber], None]) -> None:
        """The last word; what was not read yet is dropped."""
        subscriber = self._subscriber
        self.close()
        if subscriber is not None:
            say(subscriber)

    def _hand_over(self, answer: Answer) -> None:
        if self._subscriber is not None:  # else it left while it was told
            self._subscriber.next(answer)

    async def _read_rest(self, rest: dict[Hashable, Answer]) -> None:
        while rest and self._subscriber is not None:
            await self._subscriber.room()
            for key in list(islice(rest, MANY)):
                self._hand_over(rest.pop(key))
        self._rest = None


class Group:
    """All who are given the same: one listener, one execution and one encoding for them.

    Every member has been given the newest version of each key that the group knows. What is read for those who join
    is therefore told to the others as far as it is newer. All is done in turn by one task, which runs only while there
    is something to do; what is heard meanwhile waits.
    """

    def __init__(self, hub: "Hub", key: Hashable, live: Live, prepared: Prepared) -> None:
        self.hub = hub
        self._key = key
        self._live = live
        self._prepared = prepared
        self._members: dict[Member, None] = {}
        self._joining: dict[Member, None] = {}
        """Whose beginning is not being read yet."""
        self._beginning: dict[Member, None] = {}
        """Whose beginning is being read."""
        self._waiting = Waiting()
        self._task: asyncio.Task[None] | None = None
        self._alarm: Any = None
        self._not_before = 0.0
        self._ended: list[BaseException | None] = []
        self._is_closed = False
        hub.metrics.groups += 1
        self._stop = live.listen(self._hear, self._end)

    def join(self, subscriber: Subscriber, make_context: Callable[[], Any], after: str | None) -> Member:
        """Tell this subscriber what is, then what changes."""
        member = Member(self, subscriber, make_context, after)
        self._joining[member] = None
        self.hub.metrics.members += 1
        self._wake()
        return member

    def remove(self, member: Member) -> None:
        """Forget a member, and with the last one everything."""
        self.hub.metrics.members -= 1
        for members in (self._members, self._joining, self._beginning):
            members.pop(member, None)
        if not (self._members or self._joining or self._beginning):
            self._close()

    def _close(self) -> None:
        self._is_closed = True
        self._stop()
        self.hub.forget(self._key)
        self.hub.metrics.groups -= 1
        if self._alarm is not None:
            self._alarm.cancel()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    def _hear(self, changes: Sequence[Change]) -> None:
        before = self._waiting.coalesced
        try:
            self._waiting.put(changes)
        except SubscriberTooSlow as error:
            self.hub.metrics.too_slow += len(self._members)
            self._end(error)
        self.hub.metrics.coalesced += self._waiting.coalesced - before
        if self._alarm is None:
            self._wake()

    def _end(self, error: BaseException | None) -> None:
        self._ended.append(error)
        self._wake()

    def _ring(self) -> None:
        self._alarm = None
        self._wake()

    def _wake(self) -> None:
        if self._task is None and not self._is_closed:
            self._task = self.hub.keep(asyncio.create_task(self._run()))

    async def _run(self) -> None:
        try:
            while not self._is_closed:
                may_tell = self._may_tell()
                if may_tell:
                    await self._tell()
                if self._joining and not self._ended:
                    await self._begin()
                elif not may_tell:
                    break
            if self._ended:
                self._finish(self._ended[0])
        except Exception as error:  # whatever it is, nobody may wait in vain
            self._finish(error)
        finally:
            self._task = None

    def _may_tell(self) -> bool:
        """Whether something waits and its time has come; else an alarm is set."""
        if not (self._waiting and self._members):
            return False
        pause = 0.0 if self._live.max_rate is None or self._ended else self._not_before - self.hub.now()
        if pause > 0 and self._alarm is None:
            self._alarm = self.hub.later(pause, self._ring)
        return pause <= 0

    async def _tell(self) -> None:
        live, waiting = self._live, self._waiting
        if live.max_rate is None or self._ended:
            changes = waiting.take()
        else:
            changes = [waiting.take_one(in_order=live.needs_order)]
            self._not_before = self.hub.now() + 1 / live.max_rate
        context = next(iter(self._members)).make_context()
        events = await live.events(context, changes, waiting.oldest())
        [answers] = await self._encode(context, [events])
        waiting.know({event.key: event.version for event in events})
        await self._give(list(self._members), answers)

    async def _begin(self) -> None:
        """One read for all who wait to join. Where it fails they are told, and the others go on."""
        self._beginning, self._joining = self._joining, {}
        context = next(iter(self._beginning)).make_context()
        cursors = {member.after for member in self._beginning}
        try:
            known = self._waiting.known if self._members else None
            beginning = await self._live.begin(context, cursors, known)
        except Exception as error:  # as above
            for member in list(self._beginning):
                member.end(self._word_of(error))
            return
        lists = list({id(events): events for events in (beginning.behind, *beginning.given.values())}.values())
        encoded = dict(zip(map(id, lists), await self._encode(context, lists), strict=True))
        self._waiting.know(beginning.versions)
        await self._give(list(self._members), encoded[id(beginning.behind)])
        count = 0
        for member in list(self._beginning):
            if member in self._beginning:  # else it left meanwhile
                answers = encoded[id(beginning.given[member.after])]
                del self._beginning[member]
                self._members[member] = None
                member.begin(answers)
                self.hub.metrics.deliveries += len(answers)
                count += len(answers) + 1
            if count >= CHUNK:
                count = 0
                await asyncio.sleep(0)

    async def _encode(self, context: Any, lists: Sequence[Sequence[Event]]) -> list[dict[Hashable, Answer]]:
        """The answers to events, by their keys. Execution is shared by all lists."""
        answers: list[dict[Hashable, Answer]] = [{} for _ in lists]
        events = [(place, event) for place, events in enumerate(lists) for event in events]
        for start in range(0, len(events), CHUNK):
            part = events[start : start + CHUNK]
            rows = [event.row for _, event in part]
            results = await self.hub.engine.run_events(self._prepared, context, rows)
            for (place, event), result in zip(part, results, strict=True):
                if any((error.extensions or {}).get("retryable") for error in result.errors):
                    raise Passing(result.errors)
                answers[place][event.key] = Answer(result.encode(), event.key)
            self.hub.metrics.encoded += len(part)
            await asyncio.sleep(0)
        return answers

    async def _give(self, members: Iterable[Member], answers: Answers) -> None:
        for number, member in enumerate(members if answers else (), 1):
            for answer in answers.values():
                member.next(answer)
            self.hub.metrics.deliveries += len(answers)
            if number * len(answers) % CHUNK < len(answers):
                await asyncio.sleep(0)

    def _finish(self, error: BaseException | None) -> None:
        say = self._word_of(error)
        for member in [*self._members, *self._beginning, *self._joining]:
            member.end(say)

    def _word_of(self, error: BaseException | None) -> Callable[[Subscriber], None]:
        if error is None:
            return lambda subscriber: subscriber.complete()
        errors = error.errors if isinstance(error, Passing) else [self.hub.public(error, self._prepared)]
        return lambda subscriber: subscriber.error(errors)


class Passing(Exception):
    """An event could not be told for a trouble that passes: whoever listens begins again, where the cursor says."""

    def __init__(self, errors: Any) -> None:
        super().__init__(errors)
        self.errors = errors
