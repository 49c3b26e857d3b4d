"""Cursors: how much of a stream of rows a client has been given, in a form that it can bring back.

What a client has seen is told in terms of the facts behind the rows (`app.kit.outbox`): all that a snapshot of the
database saw, all up to a position of the feed, and some that were told ahead of it. A fact becomes visible before the
feed brings it, as long as an older transaction is open; so one number would not do. For each key the transactions that
write facts wait for one another: what a snapshot does not see of a key is newer than what it sees.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from app.kit.db import ReadTx
from app.kit.outbox import LAST_ID, START, Position
from app.kit.statement import Statement

Key: TypeAlias = tuple[int, ...]

_INSTANT: Final = Statement("""
    SELECT pg_current_snapshot()::text AS snapshot,
           concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                     left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
                     (SELECT oid FROM pg_database WHERE datname = current_database())) AS history
""")

_VERSION: Final = 1
# So many versions that were told ahead of the feed, and beginnings that were broken off, fit into a cursor.
MAX_AHEAD: Final = 50
MAX_LAYERS: Final = 4
_MAX_LENGTH: Final = 20_000
_MAX_DIGITS: Final = 19


class Snapshot(NamedTuple):
    """What a transaction sees: PostgreSQL's `pg_snapshot`."""

    xmin: int
    xmax: int
    running: frozenset[int]

    def sees(self, xid: int) -> bool:
        """Whether the transaction had committed."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.running)

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """From its text, as `10:20:11,13`. Raises ValueError."""
        xmin, xmax, running = text.split(":")
        return cls(_number(xmin), _number(xmax), frozenset(_number(xid) for xid in running.split(",") if running))

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, sorted(self.running)))}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been told: what `snapshot` sees, facts up to `position`, and versions of some keys `ahead` of it."""

    position: Position = START
    snapshot: Snapshot | None = None
    ahead: Mapping[Key, int] = field(default_factory=dict[Key, int])

    def includes(self, key: Key, version: int, xid: int, writer: int) -> bool | None:
        """Whether a version was told; None: it depends on where among the facts with this `xid` its own one stands.

        xid, writer: as its fact has them.
        """
        if (self.snapshot is not None and self.snapshot.sees(writer)) or version <= self.ahead.get(key, 0):
            return True
        if xid != self.position.xid:
            return xid < self.position.xid
        return True if self.position.id == LAST_ID else None

    def is_after(self, snapshot: Snapshot) -> bool:
        """Whether it tells of transactions that have not begun when the snapshot was taken."""
        return self.position.xid >= snapshot.xmax or (self.snapshot is not None and self.snapshot.xmax > snapshot.xmax)


@dataclass(frozen=True, slots=True)
class Cursor:
    """What has been told of each key.

    origin: of which stream, server and history; it means nothing elsewhere. layers: keys up to the first one were told
    as its snapshot saw them, those beyond it as the next layer says: beginnings that were broken off. seen: of the keys
    beyond all layers; None: they were not told at all.
    """

    origin: str
    seen: Seen | None = None
    layers: tuple[tuple[Key, Snapshot], ...] = ()

    def begun(self, key: Key, snapshot: Snapshot) -> "Cursor":
        """The same after all keys up to this one were told as `snapshot` sees them."""
        beyond = tuple(layer for layer in self.layers if layer[0] > key)
        return replace(self, layers=((key, snapshot), *beyond))

    def seen_of(self, key: Key) -> Seen | None:
        """What has been told of this key; None: nothing."""
        for through, snapshot in self.layers:
            if key <= through:
                return Seen(snapshot=snapshot)
        return self.seen

    def leads_on(self, origin: str, snapshot: Snapshot) -> bool:
        """Whether a stream can go on from here; else it begins anew."""
        seen = (*([self.seen] if self.seen else []), *(Seen(snapshot=told) for _, told in self.layers))
        is_known = self.origin == origin and len(self.layers) < MAX_LAYERS
        return is_known and not any(each.is_after(snapshot) for each in seen)

    def encode(self) -> str:
        """As clients keep it."""
        seen = self.seen and [
            *self.seen.position,
            self.seen.snapshot and str(self.seen.snapshot),
            [[*key, version] for key, version in self.seen.ahead.items()],
        ]
        layers = [[str(snapshot), *key] for key, snapshot in self.layers]
        text = orjson.dumps([_VERSION, self.origin, seen, layers] if layers else [_VERSION, self.origin, seen])
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raises ValueError when it is none."""
        if len(text) > _MAX_LENGTH:
            message = "too long"
            raise ValueError(message)
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            values: Any = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            version, origin, seen, *layers = values
            if version != _VERSION or not isinstance(origin, str) or len(layers) > 1:
                raise TypeError
            found = cls(origin, _read_seen(seen), tuple(_read_layer(layer) for layers in layers for layer in layers))
            if len(found.layers) > MAX_LAYERS:
                raise TypeError
        except (TypeError, AttributeError, LookupError, UnicodeError, binascii.Error, orjson.JSONDecodeError) as error:
            raise ValueError(str(error)) from None
        return found


class Track:
    """How much of a stream has been told to all who look at it together."""

    def __init__(self) -> None:
        self.cursor = Cursor("")
        self._heard = START
        self._ahead: dict[Key, tuple[int, Position]] = {}

    @property
    def is_full(self) -> bool:
        """Whether no more can be told ahead of the feed."""
        return len(self._ahead) >= MAX_AHEAD

    def hear(self, position: Position) -> None:
        """All of the stream's facts up to here were heard, though not told."""
        self._heard = max(self._heard, position)

    def begin(self, origin: str, snapshot: Snapshot) -> Cursor:
        """All was told as the snapshot saw it. It must be newer than all that was told before."""
        self._ahead.clear()
        position = self.cursor.seen.position if self.cursor.seen else START
        self.cursor = Cursor(origin, Seen(position, snapshot))
        return self.cursor

    def tell(self, key: Key, version: int, mark: Position, waiting: Position | None) -> Cursor:
        """One more is told; what it leads to.

        waiting: the oldest fact that was heard and is still to be told after this one.
        """
        seen = self.cursor.seen or Seen()
        position = self._heard if waiting is None else Position(waiting.xid, waiting.id - 1)
        position = max(seen.position, position)
        self._ahead[key] = (version, mark)
        self._ahead = {key: told for key, told in self._ahead.items() if told[1] > position}
        # What it saw has all been heard since.
        is_passed = seen.snapshot is not None and position.xid >= seen.snapshot.xmax
        snapshot = None if is_passed else seen.snapshot
        ahead = {key: version for key, (version, _) in self._ahead.items()}
        self.cursor = replace(self.cursor, seen=Seen(position, snapshot, ahead))
        return self.cursor


async def read_instant(tx: ReadTx) -> tuple[Snapshot, str]:
    """What this transaction sees, and the history of the database that it belongs to.

    Another server, a restored database and a replica that took over have histories of their own: what a client was
    told of another one may never have happened in this.
    """
    [row] = await tx.fetch(_INSTANT)
    return Snapshot.parse(row["snapshot"]), row["history"]


def _read_seen(values: Any) -> Seen | None:
    if values is None:
        return None
    *position, snapshot, ahead = values
    told = {_key(key): _number(version) for *key, version in ahead}
    if len(told) > MAX_AHEAD:
        raise TypeError
    return Seen(Position(*map(_number, position)), None if snapshot is None else Snapshot.parse(snapshot), told)


def _read_layer(values: Any) -> tuple[Key, Snapshot]:
    snapshot, *key = values
    return _key(key), Snapshot.parse(snapshot)


def _key(values: list[Any]) -> Key:
    return tuple(_number(value) for value in values)


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        value = int(value)
    if type(value) is not int or not -1 <= value <= LAST_ID:
        raise TypeError
    return value
