"""GraphQL over WebSocket: `graphql-transport-ws`, as its text says, over any ASGI server."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from app.engine.host import Host, Unauthenticated
from app.engine.hub import Hub
from app.engine.messages import (
    FORBIDDEN,
    INITIALISATION_TIMEOUT,
    INTERNAL_ERROR,
    MESSAGE_TOO_BIG,
    POLICY_VIOLATION,
    PROTOCOL,
    SUBPROTOCOL_NOT_ACCEPTABLE,
    TOO_MANY_INITIALISATIONS,
    TRY_AGAIN_LATER,
    UNAUTHORIZED,
    Closing,
    Incoming,
    error_of,
    exists_already,
    message_of,
    read,
)
from app.engine.operation import Operation, too_many
from app.engine.outlet import Message, Outlet, Send
from app.engine.rechecks import Rechecks
from app.engine.sockets import SocketCounts, SocketLimits

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Message]]
_ACK: Final = message_of("connection_ack")
_PONG: Final = message_of("pong")


class SocketEndpoint:
    """An ASGI application for WebSockets.

    headers_of: the headers that a payload of `connection_init` stands for, by lower-case names. rechecks: who asks the
    sockets again for their keys.
    """

    def __init__(
        self,
        host: Host,
        hub: Hub,
        *,
        headers_of: Callable[[Mapping[str, Any] | None], Mapping[str, str]],
        limits: SocketLimits | None = None,
        rechecks: Rechecks | None = None,
    ) -> None:
        self.host = host
        self.hub = hub
        self.headers_of = headers_of
        self.limits = limits or SocketLimits()
        self.rechecks = rechecks or Rechecks()
        self.counts = SocketCounts()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One connection, from its handshake to its end."""
        await receive()  # websocket.connect
        if not self._may_come_from(scope):
            await _say(send, {"type": "websocket.close", "code": FORBIDDEN, "reason": "Forbidden"})  # 403 over HTTP
        elif PROTOCOL not in scope.get("subprotocols", ()):
            reason = "Subprotocol not acceptable"
            if await _say(send, {"type": "websocket.accept"}):
                await _say(send, {"type": "websocket.close", "code": SUBPROTOCOL_NOT_ACCEPTABLE, "reason": reason})
        elif await _say(send, {"type": "websocket.accept", "subprotocol": PROTOCOL}):
            connection = Connection(self, scope["headers"], send)
            self.counts.sockets += 1
            self.rechecks.add(connection)
            try:
                await connection.run(receive)
            finally:
                self.rechecks.remove(connection)
                self.counts.sockets -= 1

    def _may_come_from(self, scope: Message) -> bool:
        if "*" in self.limits.allowed_origins:
            return True
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        own = headers.get(b"host", b"").decode("latin-1")
        return not origin or origin in self.limits.allowed_origins or origin.partition("://")[2] == own


class Connection:
    """One socket that speaks our protocol."""

    __slots__ = (
        "_deadline",
        "_greeting",
        "_is_acknowledged",
        "_is_closed",
        "_is_initialised",
        "_more_headers",
        "_pings",
        "_pings_counted_at",
        "_raw_headers",
        "_working",
        "beginning",
        "endpoint",
        "operations",
        "outlet",
        "turn",
    )

    def __init__(self, endpoint: SocketEndpoint, raw_headers: list[tuple[bytes, bytes]], send: Send) -> None:
        limits = endpoint.limits
        self.endpoint = endpoint
        self.outlet = Outlet(send, self._overflow, pressure=endpoint.counts.pressure, bounds=limits.outlet)
        self.operations: dict[str, Operation] = {}
        self.turn = asyncio.Lock()
        """Held while a document is read."""
        self.beginning = asyncio.Lock()
        """Held until a subscription's beginning is handed over: who does not read gets no other."""
        self._working: set[asyncio.Task[None]] = set()
        self._greeting: asyncio.Task[None] | None = None
        self._raw_headers = raw_headers
        self._more_headers: Mapping[str, str] = {}
        self._deadline = asyncio.timeout(limits.init_timeout_s)
        self._is_initialised = self._is_acknowledged = self._is_closed = False
        self._pings = float(limits.pings)
        self._pings_counted_at = 0.0

    def headers(self) -> dict[str, str]:
        """Those of the upgrade and of `connection_init`. Made anew: ten thousand idle sockets need none."""
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._raw_headers}
        return {**found, **self._more_headers}

    async def identify(self) -> Any:
        """The caller, asked again for each operation since a key may be revoked. Raises Unauthenticated."""
        return await self.endpoint.host.identify(self.headers())

    async def recheck(self) -> None:
        """Close when the key is none any more; also when it became another, so that clients come back and resume."""
        if self._is_closed or not self.operations:
            return
        try:
            caller = await self.identify()
        except Unauthenticated:
            self.forbid()
        else:
            if any(operation.is_of_another(caller) for operation in self.operations.values()):
                self.close(TRY_AGAIN_LATER, "The key was changed")

    def say(self, text: str) -> None:
        """Send what belongs to no operation, or ends one."""
        self.outlet.put({"type": "websocket.send", "text": text}, len(text))

    def work(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it is done."""
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    def close(self, code: int, reason: str) -> None:
        """Say why, and take nothing more."""
        if self._is_closed:
            return
        self._is_closed = True
        self.outlet.end({"type": "websocket.close", "code": code, "reason": reason})
        # A peer that does not read does not learn of it either, and is not waited for.
        self._wait_until(self.endpoint.limits.close_timeout_s)

    def fail(self, error: BaseException) -> None:
        """Close the socket after what nobody foresaw, or while what we need is away."""
        if self.endpoint.host.is_unavailable(error):
            log.warning("A WebSocket is sent away for now: %r", error)
            self.close(TRY_AGAIN_LATER, "Try again later")
        else:
            log.error("Unexpected error on a WebSocket", exc_info=error)
            self.close(INTERNAL_ERROR, "Internal server error")

    def forbid(self) -> None:
        """Close the socket of a key that is none, or no longer."""
        self.close(FORBIDDEN, "Forbidden")

    async def run(self, receive: Receive) -> None:
        """Hear until somebody closes the socket; then nothing of it is left."""
        try:
            async with self._deadline:
                await self._hear_all(receive)
        except TimeoutError:
            self.close(INITIALISATION_TIMEOUT, "Connection initialisation timeout")
        finally:
            self._is_closed = True
            await self._leave()

    async def _hear_all(self, receive: Receive) -> None:
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            if self._is_closed:
                continue
            try:
                self._hear(event.get("text"))
            except Closing as closing:
                self.close(closing.code, closing.reason)

    def _hear(self, text: str | None) -> None:
        limits = self.endpoint.limits
        most = limits.message_bytes if self._is_initialised else min(limits.message_bytes, limits.init_bytes)
        if text is not None and len(text) > most:
            raise Closing(MESSAGE_TOO_BIG, f"A message may have {most} bytes")
        message = read(text, nesting=limits.nesting, values=limits.values)
        match message.type:
            case "subscribe":
                self._subscribe(message)
            case "complete":
                if operation := self.operations.pop(message.id, None):
                    operation.stop()
            case "connection_init":
                self._initialise(message)
            case _:
                self._count_ping()
                if message.type == "ping":
                    self.say(_PONG if message.payload is None else message_of("pong", message.payload))

    def _initialise(self, message: Incoming) -> None:
        if self._is_initialised:
            raise Closing(TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        self._is_initialised = True
        self._wait_until(None)
        self._more_headers = self.endpoint.headers_of(message.payload)
        self._greeting = asyncio.get_running_loop().create_task(self._acknowledge())

    async def _acknowledge(self) -> None:
        try:
            await self.identify()
        except Unauthenticated:
            self.forbid()
        except Exception as error:  # whatever it is, there is nobody else to tell
            self.fail(error)
        else:
            self._is_acknowledged = True
            self.say(_ACK)
        finally:
            self._greeting = None

    def _subscribe(self, message: Incoming) -> None:
        if not self._is_acknowledged:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        if message.id in self.operations:
            raise exists_already(message.id)
        # Those that ended but whose work goes on count as well: a mutation is not broken off.
        if max(len(self.operations), len(self._working)) >= self.endpoint.limits.operations:
            self.say(error_of(message.id, [too_many(self.endpoint.limits.operations)]))
            return
        operation = self.operations[message.id] = Operation(self, message.id)
        operation.start(message.payload or {})

    def _count_ping(self) -> None:
        limits, now = self.endpoint.limits, asyncio.get_running_loop().time()
        regained = (now - self._pings_counted_at) * limits.pings_per_s
        self._pings = min(self._pings + regained, float(limits.pings)) - 1
        self._pings_counted_at = now
        if self._pings < 0:
            raise Closing(POLICY_VIOLATION, "Too many pings")

    def _overflow(self) -> None:
        """The peer reads too slowly. It may come back, and resume where it was."""
        self.close(TRY_AGAIN_LATER, "Too many messages were left unread")

    def _wait_until(self, seconds: float | None) -> None:
        if not self._deadline.expired():
            loop = asyncio.get_running_loop()
            self._deadline.reschedule(None if seconds is None else loop.time() + seconds)

    async def _leave(self) -> None:
        for operation in list(self.operations.values()):
            operation.stop()
        self.operations.clear()
        if self._greeting is not None:
            self._greeting.cancel()
        await self.outlet.close(within_s=0)
        if self._working:
            await asyncio.wait(self._working)


async def _say(send: Send, message: Message) -> bool:
    """Whether there was still somebody to say it to."""
    try:
        await send(message)
    except OSError:
        return False
    return True
