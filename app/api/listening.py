"""The port, and uvicorn on it."""

import errno
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app.kit.startup import StartError


def bind(host: str, port: int) -> socket.socket:
    """Take the port, 0 for any, before anything else is started. Raises StartError when somebody has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = f"Cannot listen on {host}:{port}: {error}. Set HIKIATE_HOST and HIKIATE_PORT to a free address."
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} is in use: stop what uses it, or set HIKIATE_PORT to another one."
        raise StartError(message) from error


def url_of(listening: socket.socket) -> str:
    """Where a browser finds the socket."""
    host, port = listening.getsockname()[:2]
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # shown, not bound
    return f"http://{anywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}/"


class Server(uvicorn.Server):
    """uvicorn with signals left to us, since more than the server has to stop, and a call when it answers.

    grace_s: how long requests under way are waited for. max_message_bytes: of a WebSocket message.
    """

    def __init__(self, app: Any, when_ready: Callable[[], None], *, grace_s: int, max_message_bytes: int) -> None:
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
                ws_max_size=max_message_bytes,
            )
        )
        self._when_ready = when_ready

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Nothing."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._when_ready()

    def stop(self) -> None:
        """Answer what was asked, then end; called again: end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
