"""The port, and uvicorn on it."""

import errno
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import uvicorn

from app.api.protocols import HttpProtocol, SocketProtocol
from app.kit.startup import StartError

# After so long without an answer a peer is gone: also one that keeps the connection up and reads nothing.
UNANSWERED_MS: Final = 60_000
# How often a WebSocket's peer is asked whether it is there, and how long it may take to answer.
PING_S: Final = 20.0


class Application(Protocol):
    """What is served."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request or connection."""
        ...

    def end_streams(self) -> None:
        """End the responses that end only when somebody leaves."""
        ...


def bind(host: str, port: int) -> socket.socket:
    """Take the port, 0 for any, before anything else is started. Raises StartError when somebody has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=4096)
    except OSError as error:
        message = f"Cannot listen on {host}:{port}: {error}. Set HIKIATE_HOST and HIKIATE_PORT to a free address."
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} is in use: stop what uses it, or set HIKIATE_PORT to another one."
        raise StartError(message) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted sockets inherit it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)
    return listening


def url_of(listening: socket.socket) -> str:
    """Where a browser finds the socket."""
    host, port = listening.getsockname()[:2]
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # shown, not bound
    return f"http://{anywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}/"


class Server(uvicorn.Server):
    """uvicorn with signals left to us, since more than the server has to stop, and a call when it answers.

    grace_s: how long requests under way are waited for. max_message_bytes: of a WebSocket message.
    """

    def __init__(
        self, app: Application, when_ready: Callable[[], None], *, grace_s: int, max_message_bytes: int
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=grace_s,
                # Longer than the balancers in front keep theirs, so that none sends into a connection just closed.
                timeout_keep_alive=75,
                http=HttpProtocol,
                ws=SocketProtocol,
                ws_max_size=max_message_bytes,
                # Compressing anew for each of ten thousand sockets costs more than all the rest.
                ws_per_message_deflate=False,
                ws_ping_interval=PING_S,
                ws_ping_timeout=PING_S,
            )
        )
        self._app = app
        self._when_ready = when_ready

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Nothing."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and end what is under way. WebSockets are told 1012; clients connect again elsewhere."""
        self._app.end_streams()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Answer what was asked, then end; called again: end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
