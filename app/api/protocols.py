"""What uvicorn's connections do differently here: no endless wait for a request, less work and memory per WebSocket."""

from asyncio import BaseTransport, TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_NO_HANDSHAKE: Final = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_MESSAGE_TOO_BIG: Final = 1009
_INVALID_DATA: Final = 1007


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
    """Frames texts without a detour, and forgets the handshake once it is done. Knows no extensions.

    Closes what is no handshake, and keeps little for a peer that sends crumbs, or that pings and does not read.
    max_fragments: of one message.
    """

    max_fragments = 1_000
    _pong = b""

    def data_received(self, data: bytes) -> None:
        """A whole handshake comes first, and then frames."""
        super().data_received(data)
        if not self.handshake_initiated and not self.transport.is_closing():
            # Refused before it became a request: nobody else would answer, or ever close.
            self.transport.write(b"".join(self.conn.data_to_send()) or _NO_HANDSHAKE)
            self.transport.close()

    def handle_cont(self, event: Frame) -> None:
        """Without the empty ones, of which any number could come."""
        if len(self.frames) >= self.max_fragments:
            self._fail(_MESSAGE_TOO_BIG, f"A message may have {self.max_fragments} fragments")
        elif event.data or event.fin:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """What is no UTF-8 is the peer's fault, and not worth a line in the log."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._fail(_INVALID_DATA, "")
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Of the pongs that a peer does not read only the newest is kept, as RFC 6455 allows."""
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set() or self.conn.close_sent is not None:
            self.transport.write(pong)
        elif pong:
            self._pong = pong

    def resume_writing(self) -> None:
        """The peer has read."""
        super().resume_writing()
        pong, self._pong = self._pong, b""
        if pong and not self.close_sent:
            self.transport.write(pong)

    def _fail(self, code: int, reason: str) -> None:
        self.frames = []
        if not self.close_sent:
            self.conn.fail(code, reason)
            self.handle_parser_exception()

    async def send(self, message: Any) -> None:
        """As ASGI wants it."""
        text = message.get("text")
        if text is None or self.close_sent or not self.writable.is_set() or self.conn.state is not OPEN:
            await super().send(message)
            if message["type"] == "websocket.accept":
                self.request = self.response = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
            return
        if self.transport.is_closing():  # the application has not heard of it yet, and uvloop takes nothing more
            raise ClientDisconnected
        content: bytes = text.encode()
        size = len(content)
        if size < 126:  # noqa: PLR2004  # the numbers of RFC 6455
            head = bytes((0x81, size))
        elif size < 0x10000:  # noqa: PLR2004
            head = b"\x81\x7e" + size.to_bytes(2)
        else:
            head = b"\x81\x7f" + size.to_bytes(8)
        self.transport.write(head + content)
