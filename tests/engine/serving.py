"""A small schema without a database, behind the real transports."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import strawberry
import uvicorn
from graphql import GraphQLError

from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.host import Unauthenticated
from app.engine.hub import Answer, Hub
from app.engine.rechecks import Rechecks
from app.engine.sockets import SocketLimits
from app.engine.websocket import SocketEndpoint

PATIENCE_S = 20.0  # only a failing test waits so long


class Away(Exception):
    """The database does not answer."""


@dataclass
class World:
    """What operations share with the test: switches, and what they have seen."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    identify_gate: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    bad_keys: set[str] = field(default_factory=lambda: {"bad"})
    open_sources: int = 0
    finished: list[str] = field(default_factory=list[str])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])


@dataclass
class Context:
    world: World
    caller: str


async def wait_for_the_gate(world: World, name: str) -> str:
    world.begun.set()
    try:
        await world.gate.wait()
        world.finished.append(name)
        return name
    finally:
        world.ended.set()


@strawberry.type
class Query:
    @strawberry.field
    async def number(self, of: int = 1) -> int:
        return of

    @strawberry.field
    async def who(self, info: strawberry.Info[Context, None]) -> str:
        return info.context.caller

    @strawberry.field
    async def slow(self, info: strawberry.Info[Context, None]) -> str:
        return await wait_for_the_gate(info.context.world, "query")

    @strawberry.field
    async def text(self, length: int) -> str:
        return "x" * length

    @strawberry.field
    async def breaks(self) -> int | None:
        message = "it broke"
        raise ValueError(message)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def poke(self) -> str:
        return "poked"

    @strawberry.mutation
    async def slow(self, info: strawberry.Info[Context, None]) -> str:
        return await wait_for_the_gate(info.context.world, "mutation")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def texts(self, length: int) -> AsyncGenerator[str, None]:
        while True:
            yield "x" * length

    @strawberry.subscription
    async def waits(self, info: strawberry.Info[Context, None]) -> AsyncGenerator[int, None]:
        world = info.context.world
        world.open_sources += 1
        try:
            yield 0
            await world.gate.wait()
            yield 1
        finally:
            world.open_sources -= 1

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        message = "it broke"
        raise ValueError(message)


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


def publish(error: GraphQLError, code: str) -> GraphQLError:
    cause = error.original_error
    code = "INTERNAL_SERVER_ERROR" if cause and not isinstance(cause, GraphQLError) else code
    return GraphQLError(error.message, path=error.path, extensions={"code": code, **(error.extensions or {})})


class Tap:
    """A hub in whose place the test speaks."""

    def __init__(self) -> None:
        self.subscribers: list[Any] = []
        self.closed = 0

    async def subscribe(self, _prepared: Any, _make_context: Any, _share: Hashable, subscriber: Any) -> "Tap":
        self.subscribers.append(subscriber)
        return self

    def close(self) -> None:
        self.closed += 1

    async def begun(self) -> None:
        """Its beginnings are empty."""

    def tell(self, payload: bytes, key: Hashable = None) -> None:
        answer = Answer(payload, key)
        for subscriber in self.subscribers:
            subscriber.next(answer)

    def complete(self) -> None:
        for subscriber in self.subscribers:
            subscriber.complete()


class SmallHost:
    """An application: keys are names, and some names mean trouble."""

    def __init__(self, world: World) -> None:
        self.world = world
        schema = SCHEMA._schema
        self.engine = Engine(SCHEMA, store=DocumentStore(schema), publish=publish)

    async def identify(self, headers: Mapping[str, str]) -> str:
        self.world.headers.append(headers)
        if self.world.identify_gate is not None:
            await self.world.identify_gate.wait()
        key = headers.get("x-api-key", "nobody")
        if key in self.world.bad_keys:
            message = "No such key."
            raise Unauthenticated(message)
        key = self.world.aliases.get(key, key)
        if key == "away":
            raise Away
        if key == "broken":
            message = "secret"
            raise RuntimeError(message)
        return key

    def context(self, caller: str, _headers: Mapping[str, str]) -> Context:
        return Context(self.world, caller)

    def share_key(self, caller: str, _headers: Mapping[str, str]) -> Hashable:
        return caller

    def is_unavailable(self, error: BaseException) -> bool:
        return isinstance(error, Away)


def headers_of(payload: Mapping[str, Any] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (payload or {}).items() if isinstance(value, str)}


def make_sockets(world: World, *, recheck_s: float = 30.0, **limits: Any) -> SocketEndpoint:
    host = SmallHost(world)
    return SocketEndpoint(
        host,
        Hub(host.engine),
        headers_of=headers_of,
        limits=SocketLimits(**limits),
        rechecks=Rechecks(every_s=recheck_s),
    )


def is_empty(sockets: SocketEndpoint) -> bool:
    """Whether nothing of any connection is left."""
    pressure, hub = sockets.counts.pressure, sockets.hub.metrics
    return not any(
        (
            sockets.counts.sockets,
            sockets.counts.operations,
            pressure.queued_bytes,
            pressure.queued_messages,
            hub.members,
            hub.groups,
            not sockets.rechecks.is_idle,
            sockets.rechecks.listeners,
            hub.unread_bytes,
        )
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # it may come about anywhere
            await asyncio.sleep(0.002)


@asynccontextmanager
async def running(app: Callable[..., Awaitable[None]], **options: Any) -> AsyncGenerator[str, None]:
    """host:port of a real server over the ASGI application."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        port=0,
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
        **options,
    )
    server = uvicorn.Server(config)
    config.load()
    task = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        await task
