"""The stream behind `stockChanged`."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from app.engine.live import Beginning, Change, Event
from app.inventory.graphql.batches import COUNTERS, LocationLevel, level_of
from app.inventory.model.selling import StockKey
from app.inventory.sql import stock
from app.kit.cursor import Cursor, Snapshot, Track, read_instant
from app.kit.db import ReadTx
from app.kit.graphql.context import Context
from app.kit.graphql.live import FeedLive
from app.kit.listener import Fact
from app.kit.outbox import LAST_ID, Position

_TOPIC: Final = "stock"
_NEVER: Final = dict.fromkeys((*COUNTERS, "version", "xid", "writer"), 0)


@dataclass(slots=True)
class ToldLevel:
    """A level as it is told. at: what the listener has been told, with this."""

    level: LocationLevel
    at: Cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self.level, name)


@dataclass(frozen=True, slots=True)
class StockScope:
    """What a stream is about. location_ids: None for all. is_each: locations that were asked for one by one are told of
    also where the variant never was.
    """

    variant_ids: tuple[int, ...]
    location_ids: tuple[int, ...] | None
    is_each: bool

    def keys(self) -> list[str]:
        """Keys of the feed: of single locations when few were asked for, else of everything about the variants."""
        if self.is_each and self.location_ids is not None:
            return [
                f"{variant_id}:{location_id}" for variant_id in self.variant_ids for location_id in self.location_ids
            ]
        return [f"{variant_id}:" for variant_id in self.variant_ids]


class StockLive(FeedLive):
    """Levels, not differences: versions tell old from new, and what was missed between two is no loss."""

    def __init__(
        self, context: Context, scope: StockScope, *, after: str | None = None, max_rate: float | None = None
    ) -> None:
        super().__init__(context, (scope, max_rate), topic=_TOPIC, keys=scope.keys(), after=after, max_rate=max_rate)
        self._scope = scope
        self._locations = None if scope.location_ids is None else frozenset(scope.location_ids)
        self._track = Track()

    @property
    def needs_order(self) -> bool:
        """A cursor has room for a few keys that are told out of the feed's order."""
        return self._track.is_full

    def hear(self, through: Position) -> None:
        """For the cursors."""
        self._track.hear(through)

    def change(self, fact: Fact) -> Change | None:
        """The ledger's facts hold the whole level."""
        payload = fact.payload
        if self._locations is not None and payload["location_id"] not in self._locations:
            return None
        return Change((payload["variant_id"], payload["location_id"]), payload["version"], fact.position, payload)

    async def events(self, context: Context, changes: Sequence[Change], waiting: Position | None) -> list[Event]:
        """Each with a cursor that says: this was told, and all before it."""
        events: list[Event] = []
        for number, change in enumerate(changes, 1):
            marks = [other.mark for other in changes[number : number + 1]]
            oldest = min([*marks, waiting] if waiting is not None else marks, default=None)
            cursor = self._track.tell(_stock_key(change.key), change.version, change.mark, oldest)
            events.append(Event(change.key, change.version, ToldLevel(level_of(context, change.payload), cursor)))
        return events

    async def begin(
        self, context: Context, cursors: Collection[str | None], known: Mapping[Hashable, int] | None
    ) -> Beginning:
        """All levels at one instant, and of each cursor those that it has not seen."""
        async with context.db.read_snapshot() as tx:
            snapshot, history = await read_instant(tx)
            rows = await tx.fetch(
                stock.STOCK_NOW, variant_ids=self._scope.variant_ids, location_ids=self._scope.location_ids
            )
            origin = self._origin(context, history)
            found = {text: _usable(text, origin, snapshot) for text in cursors}
            facts = await _facts_between(tx, found.values())
        levels = self._with_empty({(row["variant_id"], row["location_id"]): row for row in rows})
        before = self._track.cursor
        complete = self._track.begin(origin, snapshot)

        def tell(cursor: Cursor, is_told: Callable[[StockKey], bool]) -> list[Event]:
            keys = [key for key in levels if not is_told(key)]
            events = [
                Event(key, row["version"], ToldLevel(level_of(context, row), cursor.begun(key, snapshot)))
                for key, row in ((key, levels[key]) for key in keys)
            ]
            if events:
                events[-1].row.at = complete
            return events

        def told_to(cursor: Cursor) -> Callable[[StockKey], bool]:
            return lambda key: _is_told(cursor, key, levels[key], snapshot, facts)

        return Beginning(
            {text: tell(cursor, told_to(cursor)) for text, cursor in found.items()},
            [] if known is None else tell(before, lambda key: levels[key]["version"] <= known.get(key, 0)),
            {key: row["version"] for key, row in levels.items()},
        )

    def _with_empty(self, rows: Mapping[StockKey, Any]) -> dict[StockKey, Any]:
        """In the order of the keys; locations that were asked for and never had a variant have version 0."""
        if not self._scope.is_each:
            return dict(rows)
        keys = [(variant, place) for variant in self._scope.variant_ids for place in self._scope.location_ids or ()]
        empty = {"variant_id": 0, "location_id": 0, **_NEVER}
        return {key: rows.get(key) or {**empty, "variant_id": key[0], "location_id": key[1]} for key in keys}

    def _origin(self, context: Context, history: str) -> str:
        """Differs where a cursor would not mean the same: another stream, other rights, another database."""
        actor = context.actor
        sees = sorted(actor.location_ids or [-1]) if actor.may("stock:read") else None
        return blake2b(repr((self._scope, sees, history)).encode(), digest_size=9).hexdigest()


def _stock_key(key: Any) -> StockKey:
    return key


def _usable(text: str | None, origin: str, snapshot: Snapshot) -> Cursor:
    """The cursor that a subscriber brought, or one that has seen nothing."""
    cursor = None if text is None else Cursor.decode(text)
    return cursor if cursor is not None and cursor.leads_on(origin, snapshot) else Cursor(origin)


async def _facts_between(tx: ReadTx, cursors: Collection[Cursor]) -> dict[tuple[str, int], int]:
    """Where facts stand in transactions that a cursor has seen a part of: (key, version) -> id."""
    positions = [cursor.seen.position for cursor in cursors if cursor.seen is not None]
    xids = {position.xid for position in positions if position.id != LAST_ID}
    if not xids:
        return {}
    return {(row["key"], row["version"]): row["id"] for row in await tx.fetch(stock.FACTS_OF, xids=sorted(xids))}


def _is_told(cursor: Cursor, key: StockKey, row: Any, snapshot: Snapshot, facts: Mapping[tuple[str, int], int]) -> bool:
    seen = cursor.seen_of(key)
    if seen is None:
        return False
    if row["version"] == 0:
        return True
    # Of a server from which this database was restored: nobody here was told of them as news.
    xid = row["xid"] if row["xid"] < snapshot.xmax else 0
    writer = row["writer"] if 0 < row["writer"] < snapshot.xmax else xid
    is_included = seen.includes(key, row["version"], xid, writer)
    if is_included is not None:
        return is_included
    return facts.get((f"{key[0]}:{key[1]}", row["version"]), seen.position.id + 1) <= seen.position.id
