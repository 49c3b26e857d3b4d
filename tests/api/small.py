"""A small schema with every kind of trouble, and clients for the server over it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import strawberry
import uvicorn
from starlette.applications import Starlette

from app.api.executable import Schema
from app.api.server import create_app
from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.kit.feed import Feed
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.permissions import ActorKind
from app.kit.statement import Statement
from app.partners.actions.create_api_key import create_api_key
from tests.conftest import CONFIG, NOW
from tests.kit.feed_tools import until


@strawberry.type
class Query:
    @strawberry.field
    async def who(self, info: Info) -> str:
        return info.context.actor.reference

    @strawberry.field
    async def where(self, info: Info) -> list[str]:
        return [info.context.language, info.context.channel]

    @strawberry.field
    async def unexpected(self) -> str | None:
        message = "secret detail"
        raise RuntimeError(message)

    @strawberry.field
    async def hollow(self) -> str:
        return None  # type: ignore[return-value]  # what a wrong row of ours would do

    @strawberry.field
    async def too_much(self) -> int | None:
        return 3_000_000_000

    @strawberry.field
    async def no_text(self) -> str | None:
        return {"secret": "row"}  # type: ignore[return-value]

    @strawberry.field
    async def refused(self) -> str | None:
        message = "first must lie between 1 and 100."
        raise InvalidInput(message, path=["first"], most=100)

    @strawberry.field
    async def away(self) -> str | None:
        raise ConnectionRefusedError

    @strawberry.field
    async def shutting_down(self) -> str | None:
        raise asyncpg.AdminShutdownError

    @strawberry.field
    async def too_slow(self) -> str | None:
        raise asyncpg.QueryCanceledError

    @strawberry.field
    async def number(self, of: int = 0) -> int:
        return of

    @strawberry.field
    async def one(self, info: Info) -> int:
        return (await info.context.fetch(Statement("SELECT 1 AS one")))[0].one

    @strawberry.field
    def deeper(self) -> "Query":
        return Query()

    @strawberry.field(**requires("stock:write"))
    def staff_only(self) -> str | None:
        return "seen"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def poke(self) -> str:
        return "poked"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def happened(self, info: Info, name: str) -> AsyncGenerator[int, None]:
        async with info.context.feed.subscribe("happened", [name]) as facts:
            yield 0
            async for payload in facts:
                yield payload["number"]

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        message = "secret detail"
        raise RuntimeError(message)

    @strawberry.subscription
    async def whose(self, info: Info) -> AsyncGenerator[str, None]:
        yield info.context.actor.reference


SMALL = Schema(query=Query, mutation=Mutation, subscription=Subscription)


def small_app(db: Database, **options: Any) -> Starlette:
    return create_app(db=db, served=SMALL, **{"config": CONFIG, **options})


def client_of(app: Starlette) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


async def ask(app: Starlette, query: str, *, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    async with client_of(app) as client:
        return await client.post("/graphql", json={"query": query, **body}, headers=headers)


async def make_key(
    db: Database, *, name: str = "till", scopes: tuple[str, ...] = ("stock:write",), **options: Any
) -> str:
    async with db.write() as tx:
        _, token = await create_api_key(tx, name=name, kind=ActorKind.STAFF, scopes=scopes, **{"now": NOW, **options})
    return token


@asynccontextmanager
async def running_server(db: Database, **options: Any) -> AsyncGenerator[tuple[str, Feed], None]:
    """A real server on a free port: (host:port, its feed)."""
    feed = Feed(db)
    await feed.start()
    config = uvicorn.Config(
        small_app(db, feed=feed, **options), port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    config.load()
    task = asyncio.create_task(server._serve())
    await until(lambda: asyncio.sleep(0, server.started))
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"{host}:{port}", feed
    finally:
        server.should_exit = True
        await task
        await feed.close()
