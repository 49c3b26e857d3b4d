"""What tests of the feed and of the queue share: a fact, and waiting without guessing how long."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from app.kit.db import Database
from app.kit.feed import Feed, Subscription
from app.kit.outbox import Event, publish

PATIENCE_S = 90.0  # only a failing test waits so long


@dataclass(frozen=True, slots=True)
class Happened(Event):
    """A fact for tests."""

    topic: ClassVar[str] = "happened"
    key_field: ClassVar[str] = "name"

    name: str
    number: int = 0


async def say(db: Database, *events: Event) -> None:
    """Publish in a transaction of its own."""
    async with db.write() as tx:
        await publish(tx, *events)


async def take(subscription: Subscription, count: int) -> list[dict[str, Any]]:
    """The next `count` payloads."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(subscription) for _ in range(count)]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110  # what is waited for happens in the database
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_feed(db: Database) -> AsyncGenerator[Feed, None]:
    """A feed that is closed at the end."""
    feed = Feed(db)
    await feed.start()
    try:
        yield feed
    finally:
        await feed.close()
