"""uvicorn as we run it: connections that say nothing, frames of every size, an orderly end."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.api import listening
from app.api.listening import Server, bind
from app.api.protocols import HttpProtocol, SocketProtocol
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


@pytest.mark.parametrize("text", ["x", "注"])
@pytest.mark.parametrize("count", [0, 1, 41, 42, 125, 126, 127, 65_535, 65_536, 700_000])
async def test_texts_of_every_size_arrive_as_they_are(text: str, count: int) -> None:
    async with serving(App()) as address, talking(address) as client:
        for _ in range(2):
            await client.send(f"{count} {text}")
            assert await client.recv() == text * count


async def test_bytes_and_closes_go_the_usual_way() -> None:
    app = App()
    async with serving(app) as address, talking(address) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers  # type: ignore[union-attr]
        await client.send("bytes")
        assert await client.recv() == b"bytes"
        await client.send("close")
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4000, "as asked")
    assert app.closed == [4000]


async def test_a_client_that_reads_late_gets_everything() -> None:
    async with serving(App()) as address, talking(address, max_queue=1) as client:
        for _ in range(30):
            await client.send("700000 x")
        for _ in range(30):
            assert len(await client.recv()) == 700_000


@pytest.mark.parametrize("sent", ["", "POST / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT"])
async def test_a_connection_without_a_whole_request_is_closed(sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpProtocol, "head_timeout_s", 0.05)
    async with serving(App()) as (host, port, _), asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent.encode())
        answer = await reader.read()
        writer.close()
    assert answer.count(b"hello") == sent.count("\r\n\r\n")


async def _answers(address: tuple[str, int, Server], pieces: list[bytes]) -> bytes:
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


BEGUN = b"GET / HTTP/1.1\r\nHost: a\r\n"
POSTED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"


@pytest.mark.parametrize(
    ("begun", "part", "told"),
    [
        (b"GET /", b"a" * 65_536, b"HTTP/1.1 431 "),
        (BEGUN + b"X: ", b"a" * 65_536, b"HTTP/1.1 431 "),
        (BEGUN, b"a: b\r\n" * 10_000, b"HTTP/1.1 431 "),
        (POSTED, b"a: b\r\n" * 10_000, b"HTTP/1.1 200 "),
    ],
)
async def test_a_head_that_does_not_end_is_refused(begun: bytes, part: bytes, told: bytes) -> None:
    async with serving(App()) as address:
        said = await _answers(address, [begun, *[part] * 20])
    assert said.startswith(told) or said == b"reset"


async def test_large_heads_and_larger_bodies_are_fine() -> None:
    async with serving(App()) as (host, port, _), httpx.AsyncClient() as client:
        for _ in range(2):
            answer = await client.get(f"http://{host}:{port}/?{'a' * 60_000}", headers={"x": "b" * 60_000})
            assert (answer.status_code, answer.text) == (200, "hello")
            answer = await client.post(f"http://{host}:{port}/", content=b"x" * 400_000)
            assert (answer.status_code, answer.text) == (200, "hello")


async def test_requests_that_come_whole_or_in_pieces_are_answered() -> None:
    async with serving(App()) as (host, port, server):
        async with httpx.AsyncClient() as client:
            for _ in range(2):
                assert (await client.get(f"http://{host}:{port}/")).text == "hello"
                [connection] = server.server_state.connections
                assert connection._deadline is None  # type: ignore[union-attr]  # idle connections have their own
        reader, writer = await asyncio.open_connection(host, port)
        for piece in (b"GET / HTT", b"P/1.1\r\nHo", b"st: a\r\n\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        assert b"hello" in await reader.readuntil(b"hello")
        writer.close()
        await until(lambda: not server.server_state.connections)


async def test_a_peer_that_is_gone_is_found_by_pings_and_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PING_S", 0.05)
    app = App()
    async with serving(app) as address:
        host, port, server = address
        [listener] = server.servers[0].sockets
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        async with asyncio.timeout(PATIENCE_S):
            said = await reader.read()  # pings are read and not answered
        writer.close()
        assert said.endswith(b"\x88\x18\x03\xf3keepalive ping timeout")
    assert app.closed == [1005]


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


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (b"Content-Length: 5\r\n\r\nhello", b"HTTP/1.1 400 "),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"HTTP/1.1 400 "),
        (b"Cookie: " + b"a" * 10_000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"X: y\r\n" * 200 + b"\r\n", b"HTTP/1.1 431 "),
    ],
)
async def test_a_handshake_that_is_none_is_refused_and_closed(more: bytes, told: bytes) -> None:
    async with serving(App()) as address:
        said = await _answers(address, [HANDSHAKE + more])
        assert said.startswith(told), said
        await until(lambda: not address[2].server_state.connections)


async def test_a_message_in_crumbs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SocketProtocol, "max_fragments", 3)
    async with serving(App()) as address:
        async with shaken(address) as (reader, writer, protocol), asyncio.timeout(PATIENCE_S):
            writer.write(frame(1, b"2 ", is_last=False) + frame(0, b"", is_last=False) * 1_000)
            writer.write(frame(0, b"x", is_last=False) + frame(9, b"there?"))
            assert await reader.readexactly(8) == b"\x8a\x06there?"
            assert protocol.frames == [b"2 ", b"x"]
            writer.write(frame(0, b"y") + frame(1, b"1 ", is_last=False) + frame(0, b""))
            assert await reader.readexactly(6) == b"\x81\x04xyxy"
        async with shaken(address) as (reader, writer, _), asyncio.timeout(PATIENCE_S):
            writer.write(frame(1, b"1", is_last=False) + frame(0, b"1", is_last=False) * 5)
            assert await reader.read() == b"\x88\x20\x03\xf1A message may have 3 fragments"
        await until(lambda: not address[2].server_state.connections)


async def test_of_pongs_that_are_not_read_the_newest_is_kept() -> None:
    async with serving(App()) as address, shaken(address) as (reader, writer, protocol), asyncio.timeout(PATIENCE_S):
        protocol.pause_writing()  # what the transport says when the peer does not read
        for number in range(1_000):
            writer.write(frame(9, b"%03d" % number))
            await writer.drain()
        await until(lambda: protocol._pong.endswith(b"999"))
        assert protocol.transport.get_write_buffer_size() == 0
        protocol.resume_writing()
        writer.write(frame(9, b"end"))
        said = await reader.readuntil(b"end")
        assert said.endswith(b"\x8a\x03999\x8a\x03end")


async def test_a_connection_that_is_being_closed_takes_nothing_more() -> None:
    async with serving(App()) as address, shaken(address) as (_, _, protocol):
        protocol.transport.abort()
        with pytest.raises(OSError):  # noqa: PT011  # as servers say it
            await protocol.send({"type": "websocket.send", "text": "x"})


async def test_what_is_no_utf_8_is_the_fault_of_the_peer(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(App()) as address, shaken(address) as (reader, writer, _), asyncio.timeout(PATIENCE_S):
        writer.write(frame(1, "注".encode()[:1], is_last=False) + frame(0, b"\xff"))
        assert await reader.read() == b"\x88\x02\x03\xef"
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_stopping_ends_streams_and_tells_sockets_to_come_back() -> None:
    app = App()
    async with serving(app) as address:
        host, port, server = address
        async with (
            talking(address) as client,
            httpx.AsyncClient() as http,
            http.stream("GET", f"http://{host}:{port}/stream") as response,
        ):
            server.stop()
            assert [chunk async for chunk in response.aiter_text()] == ["begun", "hello"]
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1012
    assert app.closed == [1012]
