"""A receiver of webhooks that does as it is told, and what tests of deliveries share."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import orjson

from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.outbox import Event, publish
from app.notifications.actions.create_endpoint import create_endpoint
from app.notifications.jobs.postman import Postman
from app.notifications.jobs.sending import Sender
from tests.conftest import CONFIG

Answer = tuple[int, dict[str, str], str]
_IS_BEHIND = """
    SELECT EXISTS (SELECT FROM outbox AS o LEFT JOIN feed_cursors AS c ON c.reader = 'webhooks'
                    WHERE c.reader IS NULL OR (o.xid, o.id) > (c.xid, c.id))
        OR EXISTS (SELECT FROM webhook_endpoints WHERE replay_id IS NOT NULL)
"""
OK: Answer = (200, {}, "")


@dataclass(frozen=True, slots=True)
class PickupTold(Event):
    """As fulfillment tells of pickups."""

    topic: ClassVar[str] = "pickup_changed"
    key_field: ClassVar[str] = "pickup_id"

    pickup_id: UUID
    status: str = "READY"
    version: int = 1
    number: str = "PU-70000001"
    partner_id: UUID | None = None
    location_id: int = 7


@dataclass(frozen=True, slots=True)
class OrderTold(Event):
    """As orders are told of."""

    topic: ClassVar[str] = "order_placed"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID = field(default_factory=new_id)


@dataclass
class Message:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return orjson.loads(self.body)["type"]

    @property
    def data(self) -> dict[str, Any]:
        return orjson.loads(self.body)["data"]


@dataclass
class Receiver:
    """Keeps what comes. answer: what it says to a message; may be async, to take its time."""

    url: str = ""
    messages: list[Message] = field(default_factory=list[Message])
    answer: Callable[[Message], Any] = lambda _message: OK

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.messages]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                assert first.startswith("POST ")
                message = Message(first.split()[1], headers, body)
                self.messages.append(message)
                said = self.answer(message)
                status, more, text = await said if asyncio.iscoroutine(said) else said
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text.encode())}"]
                lines += [f"{name}: {value}" for name, value in more.items()]
                writer.write(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
                await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(answer: Callable[[Message], Any] = lambda _message: OK) -> AsyncGenerator[Receiver, None]:
    """A receiver on a port of this machine."""
    receiver = Receiver(answer=answer)
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield receiver
    finally:
        server.close()


@dataclass
class Office:
    """A postman whose clock is set by hand."""

    db: Database
    now: datetime
    postman: Postman = field(init=False)

    def __post_init__(self) -> None:
        sender = Sender(is_anywhere=True, clock=lambda: self.now)
        self.postman = Postman(self.db, CONFIG.secret_keys, sender, lambda: self.now)

    async def deliver(self, *, after: timedelta = timedelta()) -> None:
        """Let time pass, then everything be done that is due."""
        self.now += after
        self.postman.wake()
        while await self.postman.step() or await self.is_behind():
            await self.postman.finish()
            self.postman.wake()

    async def is_behind(self) -> bool:
        """Whether facts are held back by transactions of other tests."""
        async with self.db.read() as tx:
            return await tx.connection.fetchval(_IS_BEHIND)

    async def rows(self, columns: str = "status, attempts") -> list[Any]:
        async with self.db.read() as tx:
            rows = await tx.connection.fetch(f"SELECT {columns} FROM webhook_deliveries ORDER BY xid, event_id, id")
        return [tuple(row) if len(row) > 1 else row[0] for row in rows]


async def make_endpoint(db: Database, url: str, *types: str, now: datetime, **more: Any) -> tuple[UUID, str]:
    """An endpoint that hears these types, by default all; its id and its secret. It hears nothing older."""
    given: dict[str, Any] = {
        "partner_id": None, "description": "", "installation_key": CONFIG.secret_key, "is_anywhere": True, **more,
    }  # fmt: skip
    async with db.write() as tx:
        return await create_endpoint(tx, url=url, event_types=types or ("*",), now=now, **given)


async def tell(db: Database, *events: Event) -> None:
    """Facts, in a transaction of their own."""
    async with db.write() as tx:
        await publish(tx, *events)
