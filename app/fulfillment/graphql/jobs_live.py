"""The stream behind `partnerJobs`."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from app.engine.live import Beginning, Change, Ended, Event, Heard
from app.fulfillment.sql import jobs
from app.kit.cursor import Cursor, Seen, Snapshot, read_instant
from app.kit.db import ReadTx, Row
from app.kit.graphql.context import Context
from app.kit.graphql.live import FeedLive
from app.kit.listener import Fact
from app.kit.outbox import START, Position, feed_floor, newest_position

_TOPIC: Final = "pickup_changed"
# Jobs that a beginning tells of, the oldest ones; and facts that are looked through for those who come back.
MAX_JOBS: Final = 10_000
MAX_FACTS: Final = 200_000


@dataclass(slots=True)
class ToldJob:
    """A job as it is told. at: all before it was told, with this; None: not yet all that there is."""

    row: Row
    at: str | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


class JobsLive(FeedLive):
    """All pickups of a partner, or all that a key of the shop's own sees. Rows are read anew for all who listen."""

    def __init__(self, context: Context, *, after: str | None, max_rate: float | None) -> None:
        actor = context.actor
        self._partner_id = actor.partner_id
        self._allowed = None if actor.location_ids is None else tuple(sorted(actor.location_ids))
        share = (self._partner_id, self._allowed, max_rate)
        super().__init__(context, share, topic=_TOPIC, keys=(), after=after, max_rate=max_rate)
        self._origin = ""
        self._told = START
        """Where in the feed everything has been heard or was seen by a beginning."""

    @property
    def needs_order(self) -> bool:
        """A cursor is one place: what lies before it has been told."""
        return True

    def listen(self, heard: Heard, ended: Ended) -> Callable[[], None]:
        """To all pickups: whose they are is said in the facts."""

        def hear(facts: list[Fact], through: Position) -> None:
            self.hear(through)
            if changes := [change for change in map(self.change, facts) if change is not None]:
                heard(changes)

        feed: Any = self.context.feed
        return feed.listen(_TOPIC, None, hear, lambda: ended(None)).close

    def hear(self, through: Position) -> None:
        """For the cursors."""
        self._told = max(self._told, through)

    def change(self, fact: Fact) -> Change | None:
        """A new version of a job that the caller sees."""
        payload = fact.payload
        if self._partner_id is None:
            if payload.get("is_sandbox"):
                return None
        elif payload["partner_id"] != str(self._partner_id):
            return None
        if self._allowed is not None and payload["location_id"] not in self._allowed:
            return None
        return Change(UUID(payload["pickup_id"]), payload["version"], fact.position, None)

    async def events(self, context: Context, changes: Sequence[Change], waiting: Position | None) -> list[Event]:
        """The jobs as they are now, which may be newer than what was heard."""
        told = self._told
        rows = {
            row["pickup_id"]: row
            for row in await context.fetch(jobs.JOBS_BY_ID, ids=[change.key for change in changes], **self._seen())
        }
        events: list[Event] = []
        for number, change in enumerate(changes, 1):
            row = rows.get(change.key)
            later = [other.mark for other in changes[number : number + 1]] + ([waiting] if waiting is not None else [])
            place = Position(min(later).xid, min(later).id - 1) if later else max(told, change.mark)
            if row is not None:
                events.append(Event(change.key, row["version"], ToldJob(row, self._cursor(place))))
        return events

    async def begin(
        self, context: Context, cursors: Collection[str | None], known: Mapping[Hashable, int] | None
    ) -> Beginning:
        """All open jobs at one instant, and of each cursor those that were told of since."""
        feed: Any = self.context.feed
        handed_out: Position = feed.position
        async with context.db.read_snapshot() as tx:
            snapshot, history = await read_instant(tx)
            place, floor = await newest_position(tx), await feed_floor(tx)
            rows = await tx.fetch(jobs.OPEN_JOBS, limit=MAX_JOBS, **self._seen())
            # The feed will yet bring facts that this beginning has seen, also those of jobs that are over.
            ahead = await tx.fetch(jobs.CHANGED_JOBS, **min(handed_out, place)._asdict(), **self._seen())
            self._origin = self._origin_of(history)
            found = {text: await self._since(tx, text, snapshot, floor) for text in cursors}
        self._told = max(self._told, place)
        complete = self._cursor(place)
        given = {
            text: _told(rows if changed is None else changed, None if changed is None else text, complete)
            for text, changed in found.items()
        }
        seen = {row["pickup_id"]: row for row in (*rows, *ahead)}
        news = [row for key, row in seen.items() if known is not None and row["version"] > known.get(key, 0)]
        versions: dict[Hashable, int] = {key: row["version"] for key, row in seen.items()}
        return Beginning(given, _told(news, complete, complete), versions)

    async def _since(self, tx: ReadTx, text: str | None, snapshot: Snapshot, floor: Position) -> list[Row] | None:
        """What has changed since a cursor; None: it leads nowhere, or too much has happened."""
        cursor = None if text is None else Cursor.decode(text)
        if cursor is None or cursor.seen is None or not cursor.leads_on(self._origin, snapshot):
            return None
        place = cursor.seen.position
        if place < floor or await tx.fetchval(jobs.FACTS_BEHIND, limit=MAX_FACTS, **place._asdict()) >= MAX_FACTS:
            return None
        return await tx.fetch(jobs.CHANGED_JOBS, **place._asdict(), **self._seen())

    def _seen(self) -> dict[str, Any]:
        return {"partner_id": self._partner_id, "allowed": self._allowed}

    def _cursor(self, place: Position) -> str:
        return Cursor(self._origin, Seen(place)).encode()

    def _origin_of(self, history: str) -> str:
        """Differs where a cursor would not mean the same: another caller's jobs, another database."""
        return blake2b(repr((self._partner_id, self._allowed, history)).encode(), digest_size=9).hexdigest()


def _told(rows: Sequence[Row], before: str | None, complete: str) -> list[Event]:
    """Only with the last one everything has been told."""
    last = len(rows) - 1
    return [
        Event(row["pickup_id"], row["version"], ToldJob(row, complete if number == last else before))
        for number, row in enumerate(rows)
    ]
