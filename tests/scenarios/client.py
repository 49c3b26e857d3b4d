"""A caller of the API over HTTP and WebSocket: knows nothing of the code behind it."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.scenarios.serving import PATIENCE_S


class Refused(AssertionError):
    """The API answered with errors or refusals that the story did not expect."""


class Client:
    """One caller: a storefront without a key, or whoever holds `key`."""

    def __init__(self, url: str, *, key: str | None = None, language: str = "ja", channel: str = "web") -> None:
        self.url = url
        headers = {"Accept-Language": language, "Hikiate-Channel": channel}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self.headers = headers
        # An idle connection is given up before the server does it, which would look like a failure.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=1.0)
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=60, limits=limits)

    async def close(self) -> None:
        """Hang up."""
        await self.http.aclose()

    async def post(self, document: str, variables: dict[str, Any] | None = None) -> httpx.Response:
        """The bare HTTP answer."""
        body = orjson.dumps({"query": document, "variables": variables or {}})
        return await self.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    async def raw(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer: `data` and `errors`."""
        return (await self.post(document, variables)).json()

    async def ask(self, document: str, **variables: Any) -> Any:
        """The value of the document's only root field. Fails on errors."""
        body = await self.raw(document, variables)
        if "errors" in body:
            raise Refused(body["errors"])
        [value] = body["data"].values()
        return value

    async def do(self, document: str, **values: Any) -> Any:
        """The payload of a mutation whose input has these values. Fails on errors and on refusals.

        Under an idempotency key of its own, unless the values have one.
        """
        payload = await self.ask(document, input={"idempotencyKey": str(uuid4()), **values})
        if payload["userErrors"]:
            raise Refused(payload["userErrors"])
        return payload

    async def refused(self, document: str, **values: Any) -> list[dict[str, Any]]:
        """The refusals of a mutation, sent as by `do`; fails when there are none."""
        payload = await self.ask(document, input={"idempotencyKey": str(uuid4()), **values})
        assert payload["userErrors"], payload
        return payload["userErrors"]

    async def error(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The only top-level error, as message and extensions; fails when there is none."""
        [error] = (await self.raw(document, variables))["errors"]
        return {"message": error["message"], **error["extensions"]}

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator["Socket", None]:
        """A WebSocket that is ready for subscriptions."""
        address = self.url.replace("http", "ws", 1) + "/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(address, subprotocols=[protocol], close_timeout=2) as connection:
            await connection.send(orjson.dumps({"type": "connection_init", "payload": self.headers}).decode())
            answer = orjson.loads(await asyncio.wait_for(connection.recv(), PATIENCE_S))
            assert answer["type"] == "connection_ack", answer
            yield Socket(connection)


class Socket:
    """A graphql-transport-ws connection with one subscription or several."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)

    async def subscribe(self, document: str, **variables: Any) -> str:
        """Start an operation and return its id."""
        number = str(next(self._ids))
        payload = {"query": document, "variables": variables}
        await self._send({"id": number, "type": "subscribe", "payload": payload})
        return number

    async def complete(self, number: str) -> None:
        """End an operation."""
        await self._send({"id": number, "type": "complete"})

    async def next(self, *, within: float = PATIENCE_S) -> Any:
        """The value of the next event's only root field. Fails on errors, and when nothing comes in time."""
        [value] = (await self.event(within=within)).values()
        return value

    async def event(self, *, within: float = PATIENCE_S) -> dict[str, Any]:
        """The next event's data. Fails like `next`."""
        while True:
            message = orjson.loads(await asyncio.wait_for(self._connection.recv(), within))
            if message["type"] == "ping":
                await self._send({"type": "pong"})
                continue
            if message["type"] != "next" or "errors" in message["payload"]:
                raise Refused(message)
            return message["payload"]["data"]

    async def _send(self, message: dict[str, Any]) -> None:
        await self._connection.send(orjson.dumps(message).decode())
