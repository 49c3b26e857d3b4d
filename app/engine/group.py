"""One view of a stream, and those who look at it."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

from app.engine.answer import Answer, Subscriber
from app.engine.live import Beginning, Change, Event, Live, SubscriberTooSlow, Waiting
from app.engine.member import MANY, Answers, Member, Unread
from app.engine.prepared import Prepared

if TYPE_CHECKING:
    from app.engine.hub import Hub

# After so many answers are handed over or executed, others have their turn on the event loop.
CHUNK: Final = 500


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
        """Rows take much more memory than answers: few beginnings at once are between the two."""
        async with self.hub.beginnings:
            if self._joining:  # else they left meanwhile
                await self._begin_all()

    async def _begin_all(self) -> None:
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
        self._refuse_what_has_no_room(beginning)
        lists = list({id(events): events for events in (beginning.behind, *beginning.given.values())}.values())
        encoded = dict(zip(map(id, lists), await self._encode(context, lists), strict=True))
        self._waiting.know(beginning.versions)
        await self._give(list(self._members), encoded[id(beginning.behind)])
        metrics, count = self.hub.metrics, 0
        unread = {place: Unread(answers, metrics) for place, answers in encoded.items() if len(answers) > MANY}
        for member in list(self._beginning):
            if member in self._beginning:  # else it left meanwhile
                place = id(beginning.given[member.after])
                answers = encoded[place]
                del self._beginning[member]
                self._members[member] = None
                member.begin(answers, unread.get(place))
                metrics.deliveries += len(answers)
                count += len(answers) + 1
            if count >= CHUNK:
                count = 0
                await asyncio.sleep(0)

    def _refuse_what_has_no_room(self, beginning: Beginning) -> None:
        """Beginnings that would have to wait for their readers, while too much waits already."""
        if not self.hub.is_full:
            return
        for member in list(self._beginning):
            if len(beginning.given[member.after]) > MANY:
                self.hub.metrics.refused += 1
                member.end(lambda subscriber: subscriber.error([too_much_unread()]))
        for cursor, events in beginning.given.items():
            if len(events) > MANY:
                beginning.given[cursor] = []

    async def _encode(self, context: Any, lists: Sequence[Sequence[Event]]) -> list[dict[Hashable, Answer]]:
        """The answers to events, by their keys, without their rows then. Execution is shared by all lists."""
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
                event.row = None
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
        errors = error.errors if isinstance(error, Passing) else [self.hub.engine.public(error, self._prepared)]
        return lambda subscriber: subscriber.error(errors)


def too_much_unread() -> GraphQLError:
    """No subscription that begins with much can begin now."""
    message = "Too much is left unread by others. Subscribe again in a moment, or to less."
    return GraphQLError(message, extensions={"code": "SERVER_BUSY", "retryable": True})


class Passing(Exception):
    """An event could not be told for a trouble that passes: whoever listens begins again, where the cursor says."""

    def __init__(self, errors: Any) -> None:
        super().__init__(errors)
        self.errors = errors
