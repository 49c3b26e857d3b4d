"""An ASGI server with one WebSocket, without any network."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from app.engine.websocket import SocketEndpoint
from tests.engine.serving import PATIENCE_S, until
from tests.engine.sockets import ACK, INIT


class Peer:
    """An ASGI server with one connection, and the client at its other end."""

    def __init__(self, sockets: SocketEndpoint) -> None:
        self.sockets = sockets
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.writable = asyncio.Event()
        self.writable.set()
        self.inbox.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "subprotocols": ["graphql-transport-ws"], "headers": []}
        self.task = asyncio.ensure_future(sockets(scope, self.inbox.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        await self.writable.wait()
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.inbox.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    def tell(self, *messages: Any) -> None:
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            self.inbox.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def heard(self) -> list[Any]:
        return [json.loads(message["text"]) for message in self.sent if message["type"] == "websocket.send"]

    def closed(self) -> tuple[int, str] | None:
        last = self.sent[-1]
        return (last["code"], last["reason"]) if last["type"] == "websocket.close" else None


@asynccontextmanager
async def connected(sockets: SocketEndpoint) -> AsyncGenerator[Peer, None]:
    """An acknowledged connection; at the end nothing is left of it."""
    before = asyncio.all_tasks()
    peer = Peer(sockets)
    peer.tell(INIT)
    await until(lambda: peer.heard() == [ACK])
    try:
        yield peer
        await asyncio.wait_for(peer.task, PATIENCE_S)
    finally:
        peer.task.cancel()
        await asyncio.wait({peer.task})
        await until(lambda: asyncio.all_tasks() <= before)
