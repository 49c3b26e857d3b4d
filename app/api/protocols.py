"""What uvicorn's connections do differently here: no endless wait for a request, less work and memory per WebSocket."""

from asyncio import BaseTransport, TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class HttpProtocol(HttpToolsProtocol):
    """Closes a connection on which a request is not begun, or its head not ended, in time, or is too large.

    head_bytes: of an address with its headers, and of what follows a body; as much as one read may come on top.
    """

    head_timeout_s = 15.0
    head_bytes = 128 * 1024
    _head_size = 0
    _head_is_coming = True
    _deadline: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:  # type: ignore[override]
        """The first request is awaited from now on."""
        super().connection_made(transport)  # pyright: ignore[reportArgumentType]
        self._deadline = self.loop.call_later(self.head_timeout_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._set_deadline(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Nearly always a whole request: the timer is for the others."""
        # The parser keeps all that is not part of a body, without a bound of its own.
        self._head_size += len(data)
        super().data_received(data)
        if self._head_size > self.head_bytes:
            self._refuse_head()
        if not self._head_is_coming:
            if self._deadline is not None:
                self._set_deadline(None)
        elif self._deadline is None:
            self._set_deadline(self.loop.call_later(self.head_timeout_s, self._give_up))

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._head_is_coming = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The rest is up to the application."""
        self._head_is_coming = False
        self._head_size = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of it."""
        self._head_size = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What may come now is another request."""
        self._head_size = 0
        super().on_message_complete()

    def _refuse_head(self) -> None:
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle  # None before the first request
        if cycle is None or cycle.response_complete:
            self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _set_deadline(self, handle: TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = handle

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class SocketProtocol(WebSocketsSansIOProtocol):
    """Frames texts without a detour, and forgets the handshake once it is done. Knows no extensions."""

    async def send(self, message: Any) -> None:
        """As ASGI wants it."""
        text = message.get("text")
        if text is None or self.close_sent or not self.writable.is_set() or self.conn.state is not OPEN:
            await super().send(message)
            if message["type"] == "websocket.accept":
                self.request = self.response = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
            return
        content: bytes = text.encode()
        size = len(content)
        if size < 126:  # noqa: PLR2004  # the numbers of RFC 6455
            head = bytes((0x81, size))
        elif size < 0x10000:  # noqa: PLR2004
            head = b"\x81\x7e" + size.to_bytes(2)
        else:
            head = b"\x81\x7f" + size.to_bytes(8)
        self.transport.write(head + content)
