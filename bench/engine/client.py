"""The load: keep-alive connections that each send the next request when the last one was answered."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

CONNECTIONS: Final = 16
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "
_OK: Final = b"HTTP/1.1 200 "


class WrongAnswer(Exception):
    """A server answered something else than what is measured."""


@dataclass(slots=True)
class Load:
    """A window of requests. marker: what every answer must contain."""

    head: bytes
    bodies: Iterator[bytes]
    marker: bytes
    ends: float
    count: int = 0
    failure: str | None = None

    def next(self) -> bytes | None:
        """The next request, None when the time is up."""
        if self.failure is not None or time.monotonic() >= self.ends:
            return None
        body = next(self.bodies)
        return b"%s%d\r\n\r\n%s" % (self.head, len(body), body)

    def took(self, answer: bytes) -> None:
        """One answer, head and body."""
        self.count += 1
        if not answer.startswith(_OK) or self.marker not in answer:
            self.failure = answer.decode(errors="replace")[:1_000]


class Connection(asyncio.Protocol):
    """One connection, used by one load after another."""

    def __init__(self) -> None:
        self._load: Load | None = None
        self._done: asyncio.Future[None] | None = None
        self._buffer = b""
        self._missing = 0
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed a connection"))

    def run(self, load: Load) -> asyncio.Future[None]:
        """Send until the load has nothing more; done when everything is answered."""
        self._load = load
        self._done = asyncio.get_running_loop().create_future()
        self._send()
        return self._done

    def _send(self) -> None:
        assert self._load is not None
        assert self._done is not None
        request = self._load.next()
        if request is None:
            self._done.set_result(None)
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._missing:
            end = buffer.find(_END)
            if end < 0:
                self._buffer = buffer
                return
            head = buffer[: end + 2].lower()
            at = head.find(_LENGTH) + len(_LENGTH)
            self._missing = int(head[at : head.find(b"\r", at)]) + end + len(_END)
        if len(buffer) < self._missing:
            self._buffer = buffer
            return
        assert self._load is not None
        self._buffer, self._missing = b"", 0
        self._load.took(buffer)
        self._send()


class Client:
    """So many connections to one server."""

    def __init__(self, port: int, connections: list[Connection]) -> None:
        self._port = port
        self._connections = connections

    @classmethod
    async def open(cls, port: int, count: int = CONNECTIONS) -> "Client":
        """Connect."""
        client = cls(port, [Connection() for _ in range(count)])
        await client._connect()
        return client

    async def _connect(self) -> None:
        # A server closes connections on which nothing came for a while, as those of a row's other contestants.
        loop = asyncio.get_running_loop()
        for connection in self._connections:
            if connection.transport is None or connection.transport.is_closing():
                await loop.create_connection(lambda one=connection: one, "127.0.0.1", self._port)

    def close(self) -> None:
        """Disconnect."""
        for connection in self._connections:
            connection.transport.close()

    def head(self, path: str, headers: Mapping[str, str]) -> bytes:
        """Everything of a request up to its length."""
        lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "content-length: "]).encode()

    async def run(
        self, path: str, headers: Mapping[str, str], bodies: Iterator[bytes], seconds: float, marker: bytes
    ) -> int:
        """Send for so long and return how many were answered, all of them. Raises WrongAnswer."""
        await self._connect()
        load = Load(self.head(path, headers), bodies, marker, time.monotonic() + seconds)
        await asyncio.gather(*(connection.run(load) for connection in self._connections))
        if load.failure is not None:
            raise WrongAnswer(load.failure)
        return load.count

    async def ask(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """One request; the body of its answer."""
        await self._connect()
        load = _Once(self.head(path, headers), iter([body]), b"", time.monotonic() + 3_600)
        await self._connections[0].run(load)
        if load.failure is not None:
            raise WrongAnswer(load.failure)
        return load.answer


@dataclass(slots=True)
class _Once(Load):
    answer: bytes = b""

    def next(self) -> bytes | None:
        if self.answer:
            return None
        body = next(self.bodies, None)
        return None if body is None else b"%s%d\r\n\r\n%s" % (self.head, len(body), body)

    def took(self, answer: bytes) -> None:
        # Not super(): a dataclass with slots is another class than the one that this function was written in.
        Load.took(self, answer)
        self.answer = answer.partition(_END)[2]
