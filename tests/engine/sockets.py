"""A client that only knows WebSockets, and the messages of `graphql-transport-ws` as it writes them."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.engine.websocket import SocketEndpoint
from tests.engine.serving import PATIENCE_S, running

PROTOCOL: Any = ["graphql-transport-ws"]
INIT: Final = {"type": "connection_init"}
ACK: Final = {"type": "connection_ack"}
COMPLETE: Final = {"id": "1", "type": "complete"}


@asynccontextmanager
async def raw(
    sockets: SocketEndpoint, subprotocols: Any = PROTOCOL, **options: Any
) -> AsyncGenerator[ClientConnection]:
    """A connection on which nothing was said yet."""
    async with (
        running(sockets) as address,
        connect(f"ws://{address}/graphql", subprotocols=subprotocols, compression=None, **options) as socket,
    ):
        yield socket


@asynccontextmanager
async def ready(sockets: SocketEndpoint, **payload: Any) -> AsyncGenerator[ClientConnection]:
    async with raw(sockets) as socket:
        await tell(socket, {"type": "connection_init", **({"payload": payload} if payload else {})})
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def tell(socket: ClientConnection, *messages: Any) -> None:
    for message in messages:
        await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        message = await socket.recv()
    assert isinstance(message, str)
    return json.loads(message)


async def the_end(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Code and reason with which the server closed."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosed):
            async for _message in socket:
                pass
        await socket.wait_closed()
    return socket.close_code, socket.close_reason


def subscribe(query: Any, id: str = "1", **payload: Any) -> dict[str, Any]:
    return {"id": id, "type": "subscribe", "payload": {"query": query, **payload}}


def next_of(data: Any, id: str = "1") -> dict[str, Any]:
    return {"id": id, "type": "next", "payload": {"data": data}}
