"""The listeners, in a process of their own: thousands of WebSockets by hand, so that they cost little themselves.

Speaks graphql-transport-ws. Told what to do by lines of JSON on its input, answers each with a line. Times are those
of the system's monotonic clock, which all processes share.
"""

import asyncio
import os
import sys
import time
from typing import Any, Final

import orjson

from app.kit.startup import run
from bench.engine.usage import raise_file_limit

# How many sockets may be on their way to their first message at a time.
AT_A_TIME: Final = 100
_MASK: Final = b"\0\0\0\0"  # a mask of zeros leaves the payload as it is
_PING: Final = 0x9
_CLOSE: Final = 0x8
_INIT: Final = b'{"type":"connection_init"}'
_PONG: Final = b'{"type":"pong"}'


def frame(payload: bytes, opcode: int = 0x1) -> bytes:
    """One masked frame."""
    size = len(payload)
    head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else bytes([0x80 | opcode, 0xFE]) + size.to_bytes(2)
    return head + _MASK + payload


class Listeners:
    """All sockets of this process."""

    def __init__(self, port: int, subscribe: bytes) -> None:
        self.request = (
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        ).encode()
        self.subscribe = frame(subscribe)
        self.sockets: list[Socket] = []
        self.needle = b"\0"
        self.wanted = 0
        self.reached: asyncio.Future[None] | None = None
        self.count = 0
        self.first_ns = self.last_ns = 0
        self.lost: list[str] = []
        self._port = port

    async def open(self, count: int) -> dict[str, Any]:
        """Connect so many more, and wait until each was told the present state and nothing more comes."""
        gate = asyncio.Semaphore(AT_A_TIME)
        await asyncio.gather(*(self._open_one(gate) for _ in range(count)))
        before = -1
        while before != (before := sum(socket.messages for socket in self.sockets)):  # noqa: ASYNC110  # silence has no event
            await asyncio.sleep(0.3)
        return {"sockets": len(self.sockets), "messages": before, "lost": self.lost[:3]}

    async def _open_one(self, gate: asyncio.Semaphore) -> None:
        async with gate:
            _, socket = await asyncio.get_running_loop().create_connection(
                lambda: Socket(self), "127.0.0.1", self._port
            )
            self.sockets.append(socket)
            await socket.told

    def expect(self, version: int) -> None:
        """From now on count the messages that tell of this version."""
        self.needle = b'"version":%d' % version
        self.count, self.wanted = 0, len(self.sockets)
        self.reached = asyncio.get_running_loop().create_future()

    def hit(self) -> None:
        """One socket has it."""
        self.last_ns = time.monotonic_ns()
        if not self.count:
            self.first_ns = self.last_ns
        self.count += 1
        if self.count == self.wanted and self.reached is not None:
            self.reached.set_result(None)

    async def wait(self) -> dict[str, Any]:
        """Until all have it, or 30 seconds are over."""
        assert self.reached is not None
        await asyncio.wait([self.reached], timeout=30)
        found = {"count": self.count, "first_ns": self.first_ns, "last_ns": self.last_ns}
        return found | {"sockets": len(self.sockets), "lost": self.lost[:3]}


class Socket(asyncio.Protocol):
    """One socket with one subscription."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._buffer = b""
        self._is_open = False
        self.messages = 0
        self.told: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._listeners.request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"closed: {exc}")

    def _fail(self, reason: str) -> None:
        self._listeners.lost.append(reason)
        if not self.told.done():
            self.told.set_exception(ConnectionError(reason))

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._is_open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            if not buffer.startswith(b"HTTP/1.1 101"):
                self._fail(buffer[:200].decode())
                return
            self._is_open = True
            buffer = buffer[end + 4 :]
            self._transport.write(frame(_INIT))
        self._buffer = self._take(buffer)

    def _take(self, buffer: bytes) -> bytes:
        """Handle all whole frames; what is left."""
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, head = buffer[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(buffer[at + 2 : at + 4]), 4
            elif length == 127:
                length, head = int.from_bytes(buffer[at + 2 : at + 10]), 10
            end = at + head + length
            if end > size:
                break
            self._hear(buffer[at] & 0xF, buffer[at + head : end])
            at = end
        return buffer[at:]

    def _hear(self, opcode: int, payload: bytes) -> None:
        if self._listeners.needle in payload:
            self.messages += 1
            self._listeners.hit()
        elif opcode == _PING:
            self._transport.write(frame(payload, 0xA))
        elif opcode == _CLOSE:
            self._fail(payload[2:].decode(errors="replace"))
        elif b'"type":"next"' in payload:
            self.messages += 1
            if not self.told.done():
                self.told.set_result(None)
        elif b'"type":"connection_ack"' in payload:
            self._transport.write(self._listeners.subscribe)
        elif b'"type":"ping"' in payload:
            self._transport.write(frame(_PONG))
        else:
            self._fail(payload.decode(errors="replace"))


async def _obey(port: int, subscribe: bytes) -> None:
    listeners = Listeners(port, subscribe)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        told = orjson.loads(line)
        answer: dict[str, Any] = {}
        if "open" in told:
            answer = await listeners.open(told["open"])
        elif "expect" in told:
            listeners.expect(told["expect"])
        else:
            answer = await listeners.wait()
        print(orjson.dumps(answer).decode(), flush=True)


if __name__ == "__main__":
    given = orjson.loads(sys.argv[1])
    raise_file_limit()
    if given["core"] is not None:
        os.sched_setaffinity(0, {given["core"]})
    run(_obey(given["port"], given["subscribe"].encode()))
