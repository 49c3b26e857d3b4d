"""uvicorn as we run it: connections that say nothing, frames of every size, an orderly end."""

import asyncio
import socket

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from app.api import listening
from app.api.protocols import HttpProtocol
from tests.api.serving import App, answers_of, serving, talking, until
from tests.kit.feed_tools import PATIENCE_S


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
        said = await answers_of(address, [begun, *[part] * 20])
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
