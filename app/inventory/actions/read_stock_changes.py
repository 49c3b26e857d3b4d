"""Read the feed of stock from a cursor on."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from app.inventory.errors import CursorExpired
from app.kit.cursor import Cursor, Seen, Snapshot, read_instant
from app.kit.db import ReadTx, Row
from app.kit.outbox import LAST_ID, Position, end_of, feed_floor, read_topics, row_before, unfold

_TOPIC: Final = "stock"
# Rows of the outbox that are read together, each of up to a thousand changes; how often, for one page.
_ROWS: Final = 50
_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes with the cursors behind them. end: where to go on. has_more: whether there may be more already."""

    changes: list[tuple[Cursor, dict[str, Any]]]
    end: Cursor
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    seen: Seen
    variant_ids: Collection[int] | None
    location_ids: Collection[int] | None

    def of(self, row: Row) -> Iterator[tuple[Position, dict[str, Any]]]:
        snapshot = self.seen.snapshot
        if snapshot is not None and snapshot.sees(row["writer"]):
            return
        facts = [(place, payload) for place, _, payload in unfold(row)]
        # Behind the last one, the whole row is read.
        facts[-1] = (end_of(row), facts[-1][1])
        for place, payload in facts:
            if (
                place > self.seen.position
                and (self.variant_ids is None or payload["variant_id"] in self.variant_ids)
                and (self.location_ids is None or payload["location_id"] in self.location_ids)
            ):
                yield place, payload


def cursor_behind(snapshot: Snapshot, history: str) -> Cursor:
    """Behind all that a snapshot saw: for whoever has copied what it showed."""
    return Cursor(_origin(history), Seen(Position(snapshot.xmin - 1, LAST_ID), snapshot))


async def read_stock_changes(
    tx: ReadTx,
    after: Cursor | None,
    limit: int,
    *,
    variant_ids: Collection[int] | None = None,
    location_ids: Collection[int] | None = None,
) -> ChangePage:
    """Up to `limit` changes behind a cursor, of these variants and locations (None: of all), in commit-safe order.

    Raises CursorExpired when facts behind the cursor may have been deleted, or belong to another history of the
    database: the copy has to be made anew.
    """
    snapshot, history = await read_instant(tx)
    origin = _origin(history)
    seen = Seen() if after is None else await _seen(tx, after, origin, snapshot)
    wanted = _Wanted(seen, variant_ids, location_ids)
    end, reached, has_more = seen.position, row_before(seen.position), True
    taken: list[tuple[Position, dict[str, Any]]] = []
    for _ in range(_ROUNDS):
        rows, reached, count = await read_topics(tx, reached, [_TOPIC], limit=_ROWS)
        has_more = count > 0
        end = max(end, reached, *(end_of(row) for row in rows[-1:]))
        for row in rows:
            taken += wanted.of(row)
        if not has_more or len(taken) > limit:
            break
    if len(taken) > limit:
        taken, has_more = taken[:limit], True
        end = taken[-1][0]

    def cursor(place: Position) -> Cursor:
        is_passed = seen.snapshot is None or place.xid >= seen.snapshot.xmax
        return Cursor(origin, Seen(place, None if is_passed else seen.snapshot))

    return ChangePage([(cursor(place), payload) for place, payload in taken], cursor(end), has_more)


async def _seen(tx: ReadTx, after: Cursor, origin: str, snapshot: Snapshot) -> Seen:
    seen = after.seen
    is_ours = seen is not None and after.leads_on(origin, snapshot) and not seen.ahead and not after.layers
    if seen is None or not is_ours or seen.position < await feed_floor(tx):
        message = "Changes behind this cursor are not kept any more. Copy the stock anew and go on from there."
        raise CursorExpired(message, path=["after"])
    return seen


def _origin(history: str) -> str:
    return "c" + blake2b(history.encode(), digest_size=9).hexdigest()
