"""A real server as we run it, over a small application, and connections to it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from app.api.listening import Server, bind
from tests.kit.feed_tools import PATIENCE_S


class App:
    """Greets over HTTP, answers numbers by so many letters over WebSocket, and streams until it is told to end."""

    def __init__(self) -> None:
        self.has_ended = asyncio.Event()
        self.closed: list[Any] = []

    def end_streams(self) -> None:
        self.has_ended.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._talk(receive, send)
            return
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        await send(start)
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
            await self.has_ended.wait()
        await send({"type": "http.response.body", "body": b"hello"})

    async def _talk(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            asked = message["text"]
            if asked == "bytes":
                await send({"type": "websocket.send", "bytes": b"bytes"})
            elif asked == "close":
                await send({"type": "websocket.close", "code": 4000, "reason": "as asked"})
            else:
                await send({"type": "websocket.send", "text": asked.partition(" ")[2] * int(asked.partition(" ")[0])})
        self.closed.append(message.get("code"))


@asynccontextmanager
async def serving(app: App) -> AsyncGenerator[tuple[str, int, Server], None]:
    """Host and port of a server as we run it, and the server."""
    is_ready = asyncio.Event()
    listening = bind("127.0.0.1", 0)
    server = Server(app, is_ready.set, grace_s=1, max_message_bytes=2_000_000)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await is_ready.wait()
    try:
        host, port = listening.getsockname()[:2]
        yield host, port, server
    finally:
        server.stop()
        await task


@asynccontextmanager
async def talking(address: tuple[str, int, Server], **options: Any) -> AsyncGenerator[ClientConnection, None]:
    host, port, _ = address
    async with connect(f"ws://{host}:{port}/", max_size=None, **options) as client:
        yield client


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # it may come about anywhere
            await asyncio.sleep(0.005)


async def answers_of(address: tuple[str, int, Server], pieces: list[bytes]) -> bytes:
    """All that is said until the connection is closed by the server, or by us once it is idle."""
    host, port, _ = address
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    except ConnectionError:
        return b"reset"
    finally:
        writer.close()


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def frame(opcode: int, payload: bytes, *, is_last: bool = True) -> bytes:
    """As a client sends it, masked by zeros."""
    assert len(payload) < 126
    return bytes((opcode | 0x80 * is_last, 0x80 | len(payload))) + bytes(4) + payload


@asynccontextmanager
async def shaken(address: tuple[str, int, Server]) -> AsyncGenerator[tuple[Any, Any, Any], None]:
    """A WebSocket as bytes, after its handshake: reader, writer, and the server's end of it."""
    host, port, server = address
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        [protocol] = server.server_state.connections
        yield reader, writer, protocol
    finally:
        writer.close()
