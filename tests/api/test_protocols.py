"""WebSockets as bytes: handshakes that are none, messages in crumbs, pings that nobody reads."""

import asyncio

import pytest

from app.api.protocols import SocketProtocol
from tests.api.serving import HANDSHAKE, App, answers_of, frame, serving, shaken, until
from tests.kit.feed_tools import PATIENCE_S


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
        said = await answers_of(address, [HANDSHAKE + more])
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


async def test_a_message_that_is_announced_as_too_large_is_not_waited_for() -> None:
    async with serving(App()) as address, shaken(address) as (reader, writer, _), asyncio.timeout(PATIENCE_S):
        writer.write(b"\x81\xff" + (2_000_001).to_bytes(8) + bytes(4))
        assert (await reader.read()).startswith(b"\x88\x39\x03\xf1frame with 2000001 bytes exceeds limit")
