"""Writers whose transactions take their time, and readers by cursor who must not miss a fact of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from app.kit.db import Database, ReadTx, is_database
from app.kit.events import Event
from app.kit.outbox import START, Position, end_of, publish, read_feed, read_topics, unfold

TOPIC: Final = "chaos"
STOCK: Final = "stock"
_BATCH: Final = 500
_LAST: Final = "SELECT max((payload->>'number')::bigint) FROM outbox WHERE topic = 'chaos' AND key = $1"
_IS_MORE: Final = "SELECT EXISTS (SELECT FROM outbox WHERE (xid, id) > ($1, $2))"


@dataclass(frozen=True, slots=True)
class Ticked(Event):
    """number: consecutive for each writer."""

    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "writer"

    writer: str
    number: int


class Heard(NamedTuple):
    """A fact. number: the version of a stock level, or the writer's own; None for other facts."""

    position: Position
    topic: str
    key: str
    number: int | None


class SlowWriter:
    """Publishes, and commits 0 to 20 ms later."""

    def __init__(self, db: Database, name: str, chance: random.Random, *, pause: float) -> None:
        self._db, self._name, self._chance, self._pause = db, name, chance, pause
        self.number = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until it is told to stop; whatever it did not hear of it looks up."""
        is_sure = True
        while not (stop.is_set() and is_sure):
            try:
                if not is_sure:
                    async with self._db.read() as tx:
                        self.number = await tx.connection.fetchval(_LAST, self._name) or 0
                    is_sure = True
                    continue
                async with self._db.write() as tx:
                    await publish(tx, Ticked(self._name, self.number + 1))
                    await asyncio.sleep(self._chance.uniform(0, 0.02))
                self.number += 1
                await asyncio.sleep(self._chance.uniform(0, self._pause))
            except Exception as error:
                if not is_database(error):
                    raise
                is_sure = False
                await asyncio.sleep(0.05)


Read = Callable[[ReadTx, Position], Awaitable[tuple[list[Any], Position]]]


async def read_all(tx: ReadTx, after: Position) -> tuple[list[Any], Position]:
    """As readers of everything do."""
    rows = await read_feed(tx, after, _BATCH)
    return rows, end_of(rows[-1]) if rows else after


async def read_some(tx: ReadTx, after: Position) -> tuple[list[Any], Position]:
    """As readers of some topics do."""
    rows, position, _ = await read_topics(tx, after, [TOPIC, STOCK], limit=_BATCH)
    return rows, position


class Reader:
    """Reads all the time, and keeps what it heard in the order of hearing."""

    def __init__(self, db: Database, read: Read) -> None:
        self._db, self._read = db, read
        self._position = START
        self.heard: list[Heard] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Until it is told to stop and nothing is left."""
        while True:
            is_last = stop.is_set()
            try:
                async with self._db.read() as tx:
                    rows, self._position = await self._read(tx, self._position)
                    is_more = bool(rows) or await tx.connection.fetchval(_IS_MORE, *self._position)
            except Exception as error:
                if not is_database(error):
                    raise
                await asyncio.sleep(0.05)
                continue
            self.heard += [heard for row in rows for heard in hear(row)]
            if not rows:
                if is_last and not is_more:
                    return
                await asyncio.sleep(0.02)


def hear(row: Any) -> list[Heard]:
    """The facts of a row."""
    name = {STOCK: "version", TOPIC: "number"}.get(row["topic"])
    return [
        Heard(position, row["topic"], key, payload[name] if name else None) for position, key, payload in unfold(row)
    ]
