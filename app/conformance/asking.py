"""A caller of the API over HTTP, and what its answers are held against."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import httpcore
import orjson

PATIENCE_S: Final = 30.0
MAX_SHOWN: Final = 600
Json: TypeAlias = Any


class Broken(Exception):
    """The server does not do what the contract says."""

    def __init__(self, expected: str, found: Json) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = shown(found)


def shown(value: Json) -> str:
    """A value as JSON, cut where it is long."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + " …"


def fits(found: Json, wanted: Json) -> bool:
    """Whether `found` is `wanted`; objects may have more fields, and type objects stand for any value of theirs."""
    if isinstance(wanted, type):
        return isinstance(found, wanted)
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and fits(found[name], value)  # pyright: ignore[reportUnknownArgumentType]
            for name, value in wanted.items()  # pyright: ignore[reportUnknownVariableType]
        )
    if isinstance(wanted, list):
        rows: list[Any] = wanted  # pyright: ignore[reportUnknownVariableType]
        return isinstance(found, list) and len(found) == len(rows) and all(map(fits, found, rows))  # pyright: ignore[reportUnknownArgumentType]
    return found == wanted


def expect(what: str, found: Json, wanted: Json) -> Json:
    """What was found. Raises Broken unless it fits."""
    if not fits(found, wanted):
        names = _named(wanted)
        raise Broken(f"{what}: {shown(names)}", found)
    return found


def _named(wanted: Json) -> Json:
    """With types said by their names."""
    if isinstance(wanted, type):
        return f"<{wanted.__name__}>"
    if isinstance(wanted, dict):
        return {name: _named(value) for name, value in wanted.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(wanted, list):
        return [_named(value) for value in wanted]  # pyright: ignore[reportUnknownVariableType]
    return wanted


class Caller:
    """Asks one server with one key. Answers that are no GraphQL answers are Broken."""

    def __init__(self, url: str, key: str, transport: httpcore.AsyncConnectionPool) -> None:
        self.address = url.rstrip("/") + ("" if url.rstrip("/").endswith("/graphql") else "/graphql")
        self._key = key
        self._transport = transport

    async def ask(self, document: str, variables: Mapping[str, Json] | None = None, *, key: bool = True) -> Json:
        """The whole answer, with data and errors. key: False asks without one."""
        wait = {"timeout": {"connect": PATIENCE_S, "read": PATIENCE_S, "write": PATIENCE_S, "pool": PATIENCE_S}}
        try:
            answer = await self._transport.request(
                "POST",
                self.address,
                headers=self._headers("application/json", key=key),
                content=orjson.dumps({"query": document, "variables": variables or {}}),
                extensions=wait,
            )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise Broken("an answer of the server", f"{type(error).__name__}: {error}") from None
        try:
            body: Json = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            raise Broken("a GraphQL answer in JSON", f"HTTP {answer.status}: {answer.content[:200]!r}")
        return body  # pyright: ignore[reportUnknownVariableType]

    async def data(self, document: str, variables: Mapping[str, Json] | None = None) -> Json:
        """The value of the document's only root field. Raises Broken on errors."""
        body = await self.ask(document, variables)
        if body.get("errors") or not isinstance(body.get("data"), dict):
            raise Broken("an answer without errors", body)
        [value] = body["data"].values()
        return value

    @asynccontextmanager
    async def listen(self, document: str, variables: Mapping[str, Json]) -> AsyncGenerator[Any, None]:
        """The open answer to a subscription, by server-sent events."""
        content = orjson.dumps({"query": document, "variables": variables})
        wait = {"timeout": {"connect": PATIENCE_S, "read": PATIENCE_S, "write": PATIENCE_S, "pool": PATIENCE_S}}
        headers = self._headers("text/event-stream", key=True)
        async with self._transport.stream(
            "POST", self.address, headers=headers, content=content, extensions=wait
        ) as answer:
            yield answer

    def _headers(self, accept: str, *, key: bool) -> dict[bytes | str, bytes | str]:
        headers: dict[bytes | str, bytes | str] = {"Content-Type": "application/json", "Accept": accept}
        return headers | ({"Authorization": f"Bearer {self._key}"} if key else {})
