"""Streams of things with a state: first those that are not over, then each that changes, resumable by cursor."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.engine.live import Beginning, Change, Ended, Event, Heard
from app.kit.cursor import Cursor, Seen, Snapshot, read_instant
from app.kit.db import ReadTx, Row
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context
from app.kit.graphql.live import FeedLive
from app.kit.listener import Fact
from app.kit.outbox import START, Position, feed_floor, newest_position
from app.kit.statement import Statement
from app.kit.told import facts_behind

# Things that a beginning tells of, the oldest ones; and facts that are looked through for those who come back.
MAX_OPEN: Final = 10_000
MAX_FACTS: Final = 200_000
MAX_RATE: Final = 100.0

CURSOR_DESCRIPTION: Final = (
    "Where the stream stands with this event. Give the last one that was not null as `after`, to go on from there "
    "after a lost connection. Null until all has been told that was there at the beginning. Opaque."
)
After = Annotated[
    str | None,
    strawberry.argument(
        description="Go on where a connection was lost: the last `cursor` that you received. What has changed since is "
        "told first: nothing is left out, though something may come again, with the same `version`. Where too much has "
        "happened since, after three days or more, and with the cursor of another caller or of other arguments the "
        "stream begins anew."
    ),
]
MaxRate = Annotated[
    float | None, strawberry.argument(description="At most so many events per second, above 0 and up to 100.")
]


@dataclass(frozen=True, slots=True)
class Told:
    """What a stream tells of. topic: of its facts, whose payload has `version`. key: the name of the UUID by which
    they and the rows name it.

    The statements take what the caller may see (`seen` of StateLive), and give rows with the key and `version`: open
    (limit), those that are not over; by_id (ids); changed (xid, id), all of which a fact behind that place tells.
    """

    topic: str
    key: str
    open: Statement
    by_id: Statement
    changed: Statement


@dataclass(slots=True)
class ToldRow:
    """A row as it is told. at: all before it was told, with this; None: not yet all that there is."""

    row: Row
    at: str | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


class StateLive(FeedLive):
    """A stream for all who see the same. Rows are read anew for all who listen.

    seen: arguments of the statements, which say what the caller sees and wants. Raises InvalidInput for a cursor or a
    rate that cannot be.
    """

    def __init__(
        self, context: Context, told: Told, seen: Mapping[str, Any], *, after: str | None, max_rate: float | None
    ) -> None:
        _check(after, max_rate)
        self._told_of = told
        self.seen = seen
        """What the caller sees and wants."""
        self._who = repr((told.topic, sorted(seen.items())))
        share = (self._who, max_rate)
        super().__init__(context, share, topic=told.topic, keys=(), after=after, max_rate=max_rate)
        self._origin = ""
        self._told = START
        """Where in the feed everything has been heard or was seen by a beginning."""

    @abstractmethod
    def concerns(self, payload: Mapping[str, Any]) -> bool:
        """Whether a fact is about something that the caller sees, and wants to hear of."""

    @property
    def needs_order(self) -> bool:
        """A cursor is one place: what lies before it has been told."""
        return True

    def listen(self, heard: Heard, ended: Ended) -> Callable[[], None]:
        """To all facts of the topic: whom they concern is said in them."""

        def hear(facts: list[Fact], through: Position) -> None:
            self.hear(through)
            if changes := [change for change in map(self.change, facts) if change is not None]:
                heard(changes)

        feed: Any = self.context.feed
        return feed.listen(self._told_of.topic, None, hear, lambda: ended(None)).close

    def hear(self, through: Position) -> None:
        """For the cursors."""
        self._told = max(self._told, through)

    def change(self, fact: Fact) -> Change | None:
        """A new version of something that the caller sees."""
        payload = fact.payload
        if not self.concerns(payload):
            return None
        return Change(UUID(payload[self._told_of.key]), payload["version"], fact.position, None)

    async def events(self, context: Context, changes: Sequence[Change], waiting: Position | None) -> list[Event]:
        """The things as they are now, which may be newer than what was heard."""
        told = self._told
        ids = [change.key for change in changes]
        found = await context.fetch(self._told_of.by_id, ids=ids, **self.seen)
        rows: dict[Hashable, Row] = {self._key(row): row for row in found}
        events: list[Event] = []
        for number, change in enumerate(changes, 1):
            row = rows.get(change.key)
            later = [other.mark for other in changes[number : number + 1]] + ([waiting] if waiting is not None else [])
            place = Position(min(later).xid, min(later).id - 1) if later else max(told, change.mark)
            if row is not None:
                events.append(Event(change.key, row["version"], ToldRow(row, self._cursor(place))))
        return events

    async def begin(
        self, context: Context, cursors: Collection[str | None], known: Mapping[Hashable, int] | None
    ) -> Beginning:
        """All that is not over at one instant, and of each cursor that of which was told since."""
        feed: Any = self.context.feed
        handed_out: Position = feed.position
        async with context.db.read_snapshot() as tx:
            snapshot, history = await read_instant(tx)
            place, floor = await newest_position(tx), await feed_floor(tx)
            rows = await tx.fetch(self._told_of.open, limit=MAX_OPEN, **self.seen)
            # The feed will yet bring facts that this beginning has seen, also those of what is over.
            ahead = await tx.fetch(self._told_of.changed, **min(handed_out, place)._asdict(), **self.seen)
            self._origin = blake2b(f"{self._who} {history}".encode(), digest_size=9).hexdigest()
            found = {text: await self._since(tx, text, snapshot, floor) for text in cursors}
        self._told = max(self._told, place)
        complete = self._cursor(place)
        given = {
            text: self._all(rows if changed is None else changed, None if changed is None else text, complete)
            for text, changed in found.items()
        }
        seen: dict[Hashable, Row] = {self._key(row): row for row in (*rows, *ahead)}
        news = [row for key, row in seen.items() if known is not None and row["version"] > known.get(key, 0)]
        versions: dict[Hashable, int] = {key: row["version"] for key, row in seen.items()}
        return Beginning(given, self._all(news, complete, complete), versions)

    async def _since(self, tx: ReadTx, text: str | None, snapshot: Snapshot, floor: Position) -> list[Row] | None:
        """What has changed since a cursor; None: it leads nowhere, or too much has happened."""
        cursor = None if text is None else Cursor.decode(text)
        if cursor is None or cursor.seen is None or not cursor.leads_on(self._origin, snapshot):
            return None
        place = cursor.seen.position
        if place < floor or await facts_behind(tx, place, limit=MAX_FACTS) >= MAX_FACTS:
            return None
        return await tx.fetch(self._told_of.changed, **place._asdict(), **self.seen)

    def _key(self, row: Row) -> UUID:
        return row[self._told_of.key]

    def _cursor(self, place: Position) -> str:
        return Cursor(self._origin, Seen(place)).encode()

    def _all(self, rows: Sequence[Row], before: str | None, complete: str) -> list[Event]:
        """Only with the last one everything has been told."""
        last = len(rows) - 1
        return [
            Event(self._key(row), row["version"], ToldRow(row, complete if number == last else before))
            for number, row in enumerate(rows)
        ]


def _check(after: str | None, max_rate: float | None) -> None:
    if max_rate is not None and not 0 < max_rate <= MAX_RATE:
        message = f"A rate lies above 0 and is {MAX_RATE:g} at most."
        raise InvalidInput(message, path=["maxRate"])
    if after is not None:
        try:
            Cursor.decode(after)
        except ValueError:
            message = "This is not the cursor of an event."
            raise InvalidInput(message, path=["after"]) from None
