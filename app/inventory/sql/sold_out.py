"""What this process knows to be sold out, so that a rush on it need not reach the database.

A mark says: when the row was read under its lock, at this version, nothing was available. Any later movement is a fact
of the feed with a higher version, which takes the mark away when it leaves units. So marks are kept only while a feed
listens. A feed may be held back by somebody's long transaction: a mark counts for a second at most, then the next
request looks for itself.
"""

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

from app.inventory.model import HoldRequest
from app.inventory.model.selling import StockKey
from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.listener import Fact, Listener

COUNTS_FOR_S: Final = 1.0
_MOST: Final = 100_000


class SoldOut:
    """The marks of one process. Off until `listen`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: dict[StockKey, tuple[int, float]] = {}
        self._looking = 0
        self._heard: dict[StockKey, int] = {}
        """While somebody reads rows: the newest version of each key that was heard of meanwhile and leaves units."""
        self._listener: Listener | None = None

    def listen(self, feed: Feed) -> None:
        """Keep marks from now on, until the feed is closed."""
        self._listener = feed.listen("stock", None, lambda facts, _through: self.hear(facts), self._end)

    def is_known(self, request: HoldRequest) -> bool:
        """Whether nothing is available for any line of the request, as far as this process has heard."""
        if not self._marks or self._listener is None:
            return False
        latest = self._clock() - COUNTS_FOR_S
        return all(
            (mark := self._marks.get((demand.variant_id, place))) is not None and mark[1] >= latest
            for demand in request.demands
            for place in demand.candidates
        )

    @contextmanager
    def look(self) -> Generator[Callable[[Mapping[StockKey, int]], None]]:
        """For the time of reading rows under their locks: call what it gives with the versions of the empty ones.

        What is heard meanwhile is newer than the reading, or older; versions tell. What was heard before is in it.
        """
        self._looking += 1
        seen_at = self._clock()
        try:
            yield lambda versions: self._mark(versions, seen_at)
        finally:
            self._looking -= 1
            if self._looking == 0:
                self._heard.clear()

    def _mark(self, versions: Mapping[StockKey, int], seen_at: float) -> None:
        if self._listener is None:
            return
        if len(self._marks) + len(versions) > _MOST:
            self._marks.clear()
        for key, version in versions.items():
            if self._heard.get(key, 0) <= version:
                self._marks[key] = version, seen_at

    def hear(self, facts: Iterable[Fact]) -> None:
        """Levels of the feed."""
        for fact in facts:
            level: Mapping[str, Any] = fact.payload
            if level["on_hand"] - level["reserved"] - level["allocated"] - level["safety"] <= 0:
                continue
            key, version = (level["variant_id"], level["location_id"]), level["version"]
            if self._looking:
                self._heard[key] = max(version, self._heard.get(key, 0))
            mark = self._marks.get(key)
            if mark is not None and mark[0] < version:
                del self._marks[key]

    def _end(self) -> None:
        self._listener = None
        self._marks.clear()


_of: Final[WeakKeyDictionary[Database, SoldOut]] = WeakKeyDictionary()


def sold_out(db: Database) -> SoldOut:
    """The marks of this process for a database."""
    found = _of.get(db)
    if found is None:
        found = _of[db] = SoldOut()
    return found
