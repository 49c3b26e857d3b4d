"""Clients of live stock over the hub: they read slowly, lose their connection and come back with their last cursor."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from graphql import GraphQLError

from app.api.masking import public_error
from app.api.schema import schema
from app.engine.answer import Answer, Subscribed
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.hub import Hub
from app.engine.request import Request
from app.kit.db import Database
from app.kit.permissions import SHOPPER, Actor
from tests.conftest import Execute
from tests.kit.feed_tools import running_feed, until

STOCK_CHANGED: Final = """subscription ($skus: [String!]!, $locationIds: [ID!], $after: String, $maxRate: Float) {
  stockChanged(skus: $skus, locationIds: $locationIds, after: $after, maxRate: $maxRate) {
    variant { sku } location { code } available version cursor } }"""
Key = tuple[str, str]


@dataclass
class Server:
    """What a server process has."""

    hub: Hub
    execute: Execute

    async def idle(self) -> None:
        """Until nothing is under way."""
        await until(lambda: asyncio.sleep(0, not self.hub._tasks))


@asynccontextmanager
async def running_server(db: Database, **options: Any) -> AsyncGenerator[Server, None]:
    """A feed, and a hub over the whole schema; all streams end with it."""
    engine = Engine(schema, store=DocumentStore(schema._schema), publish=public_error)
    hub = Hub(engine, **options)
    async with running_feed(db) as feed:
        yield Server(hub, Execute(db, feed))
    await until(lambda: asyncio.sleep(0, hub.metrics.members == 0))
    assert (hub._groups, feed.subscriber_count) == ({}, 0)


class Listener:
    """A client with an opinion: versions of a key rise, from connection to connection.

    What it was sent and has not read waits, newest per key, newest last; that is lost with the connection.
    """

    def __init__(self, actor: Actor = SHOPPER, **variables: Any) -> None:
        self._actor = actor
        self.variables = variables
        self._subscribed: Subscribed | None = None
        self._unread: dict[Any, bytes] = {}
        self.cursor: str | None = None
        self.versions: dict[Key, int] = {}
        self.available: dict[Key, int] = {}
        self.received: list[tuple[str, str, int, int]] = []
        """(sku, location, available, version) since the last look at it."""
        self.ends: list[Any] = []

    def next(self, answer: Answer) -> None:
        self._unread.pop(answer.key, None)
        self._unread[answer.key] = answer.payload

    def complete(self) -> None:
        self.ends.append("complete")

    def error(self, errors: list[GraphQLError]) -> None:
        self.ends += [(error.extensions or {})["code"] for error in errors]

    async def room(self) -> None:
        """Always."""

    @property
    def is_connected(self) -> bool:
        return self._subscribed is not None

    async def connect(self, server: Server, **variables: Any) -> None:
        """Go on after the last cursor."""
        assert self._subscribed is None
        sent = {**self.variables, "after": self.cursor, **variables}
        prepared = server.hub.engine.prepare(Request(STOCK_CHANGED, sent))
        self._subscribed = await server.hub.subscribe(
            prepared, lambda: server.execute.context(actor=self._actor), self._actor, self
        )

    def disconnect(self) -> None:
        """What was not read is lost."""
        assert self._subscribed is not None
        self._subscribed.close()
        self._subscribed = None
        self._unread.clear()

    def read(self, count: int = 1_000_000) -> None:
        """Read some of what was sent."""
        for key in list(self._unread)[:count]:
            answer = orjson.loads(self._unread.pop(key))
            assert "errors" not in answer, answer
            change = answer["data"]["stockChanged"]
            place = (change["variant"]["sku"], change["location"]["code"])
            version = change["version"]
            assert version > self.versions.get(place, -1), (place, version, self.versions[place], self.cursor)
            self.versions[place], self.available[place] = version, change["available"]
            self.cursor = change["cursor"]
            self.received.append((*place, change["available"], version))

    def take(self) -> list[tuple[str, str, int, int]]:
        """What was received since the last time."""
        self.read()
        received, self.received = self.received, []
        return received

    def forget(self) -> None:
        """Begin anew, without a cursor."""
        self.cursor = None
        self.versions.clear()


async def told(listener: Listener, server: Server, count: int) -> list[tuple[str, str, int, int]]:
    """Exactly so many events: what is told, then nothing more."""
    received: list[tuple[str, str, int, int]] = []

    async def is_enough() -> bool:
        received.extend(listener.take())
        return len(received) >= count

    await until(is_enough)
    await server.idle()
    return received + listener.take()


async def meet(listener: Listener, server: Server, count: int) -> list[tuple[str, str, int, int]]:
    """What is told at once when the listener comes back."""
    await listener.connect(server)
    await server.idle()
    received = await told(listener, server, count)
    listener.disconnect()
    return received
