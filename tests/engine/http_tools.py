"""Requests to the HTTP side without a server: each message as a server would give it."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.engine.http import HttpEndpoint
from app.engine.limits import Limits
from tests.engine.serving import SmallHost, World

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
Message = dict[str, Any]


@dataclass
class Response:
    """What was sent. pairs: all headers, as they were sent."""

    status: int
    pairs: list[tuple[str, str]]
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.pairs)

    @property
    def text(self) -> str:
        is_packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.content) if is_packed else self.content).decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.json["errors"]]

    @property
    def message(self) -> str:
        [error] = self.json["errors"]
        return error["message"]


class Client:
    """One endpoint over the small schema."""

    def __init__(self, *, limits: Limits | None = None, **options: Any) -> None:
        self.world = World()
        self.host = SmallHost(self.world)
        self.endpoint = HttpEndpoint(self.host, limits=limits or Limits(), **options)

    async def send(
        self, method: str, headers: Iterable[tuple[str, str]], receive: Callable[[], Awaitable[Message]], query: bytes
    ) -> Response | None:
        """The response, None when there was none."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        scope = {"type": "http", "method": method, "path": "/graphql", "query_string": query, "headers": raw}
        await self.endpoint(scope, receive, keep)
        if not sent:
            return None
        start, *bodies = sent
        assert start["type"] == "http.response.start"
        assert [body.get("more_body", False) for body in bodies][-1] is False
        pairs = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
        assert all(name == name.lower() for name, _ in pairs)
        response = Response(start["status"], pairs, b"".join(body["body"] for body in bodies))
        if "content-length" in response.headers:
            assert int(response.headers["content-length"]) == len(response.content)
        return response

    async def post(self, body: Any = None, headers: dict[str, str] | None = None, **members: Any) -> Response:
        """body: bytes, or messages one after another, or an object."""
        content = members if body is None else body
        chunks = content if isinstance(content, list) else [as_bytes(content)]
        all_headers = {"content-type": JSON, **(headers or {})}
        found = await self.send("POST", all_headers.items(), messages(chunks), b"")
        assert found is not None
        return found

    async def get(self, query: bytes, headers: dict[str, str] | None = None, method: str = "GET") -> Response:
        found = await self.send(method, (headers or {}).items(), messages([b""]), query)
        assert found is not None
        return found


def query_of(**parameters: Any) -> bytes:
    """The query string of a GET."""
    return urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    ).encode()


def as_bytes(content: Any) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def messages(chunks: list[bytes | None]) -> Callable[[], Awaitable[Message]]:
    """What a server gives: the pieces of the body; None: the client goes away. Then nothing more, for ever."""
    waiting = [
        {"type": "http.disconnect"}
        if chunk is None
        else {"type": "http.request", "body": chunk, "more_body": place < len(chunks) - 1}
        for place, chunk in enumerate(chunks)
    ]

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive
