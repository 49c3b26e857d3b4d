"""GraphQL over HTTP, as its specification says: from a request to an operation, from its result to a response.

A bare ASGI callable. What kept a request from running is told with `errors` and a code in each, and with the status
that the media type of the answer wants: `application/graphql-response+json` has 4xx for all of it,
`application/json` has 200 for what is wrong with a document or its variables.
"""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

import orjson
from graphql import GraphQLError, OperationType

from app.engine.accept import JSON, Accepted, accepted, accepts_gzip
from app.engine.body import Disconnected, Message, Problem, Receive, read_body, read_parameters
from app.engine.cors import Headers, Origins, is_preflight
from app.engine.faults import masked
from app.engine.host import Host, Unauthenticated
from app.engine.limits import Limits
from app.engine.persisted import request_of
from app.engine.prepared import Prepared
from app.engine.request import Refused, Request

Send = Callable[[Message], Awaitable[None]]
AnswerEvents = Callable[[Prepared | Refused, Any, Mapping[str, str], Receive, Send], Awaitable[None]]

_METHODS: Final = "GET, POST"
_BY_GET: Final = frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION})
_BY_POST: Final = frozenset(OperationType)
_GZIP_LEVEL: Final = 1
# Compressing so much takes longer than others should wait.
_LONG: Final = 200_000


class HttpEndpoint:
    """The HTTP side of one path.

    events: answers with a stream of server-sent events; asked for subscriptions, and for whatever a client wants in no
    other form. allowed_origins: whose pages may call, `*` for all. allowed_headers: what they may send besides what
    pages always may.
    """

    def __init__(
        self,
        host: Host,
        *,
        limits: Limits,
        allowed_origins: Collection[str] = ("*",),
        allowed_headers: Collection[str] = (),
        events: AnswerEvents | None = None,
    ) -> None:
        self.host = host
        self.limits = limits
        self.events = events
        self.origins = Origins(
            allowed_origins, headers=allowed_headers, exposed=("Retry-After", "WWW-Authenticate", "Allow")
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        exchange = _Exchange(self, scope, _headers(scope["headers"]), receive, send)
        try:
            await exchange.run()
        except Disconnected:
            pass
        except Problem as problem:
            await exchange.refuse([problem.error], problem.status, problem.headers)
        except Unauthenticated as error:
            found = GraphQLError(str(error), extensions={"code": "UNAUTHENTICATED"})
            await exchange.refuse([found], 401, {"www-authenticate": "Bearer"})
        except Refused as refused:
            await exchange.refuse(refused.errors, _status(refused, exchange.media_type), _headers_of(refused))
        except Exception as error:  # whatever it is, the caller hears of it and of nothing in it
            await self._fail(exchange, error)

    async def _fail(self, exchange: "_Exchange", error: Exception) -> None:
        is_unavailable = self.host.is_unavailable(error)
        public = masked(error, "in a request", is_unavailable=is_unavailable)
        await exchange.refuse([public], *((503, {"retry-after": "1"}) if is_unavailable else (500, {})))


class _Exchange:
    """One request and its response."""

    __slots__ = ("_accepted", "_endpoint", "_headers", "_is_begun", "_method", "_receive", "_scope", "_send")

    def __init__(
        self, endpoint: HttpEndpoint, scope: Message, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._headers = headers
        self._receive = receive
        self._send = send
        self._method: str = scope["method"]
        self._accepted: Accepted = accepted(headers.get("accept"))
        self._is_begun = False

    @property
    def media_type(self) -> str:
        """Of an answer in one piece; something has to be said also to who takes nothing."""
        return self._accepted.json or JSON

    async def run(self) -> None:
        """Raises what keeps the request from being answered."""
        if self._method not in ("POST", "GET"):
            await self._other_method()
            return
        if self._accepted.json is None and not (self._accepted.events and self._endpoint.events):
            message = "Accept `application/graphql-response+json` or `application/json`."
            raise Problem(message, 406, "NOT_ACCEPTABLE")
        request = await self._request()
        host = self._endpoint.host
        caller = await host.identify(self._headers)
        try:
            kinds = _BY_POST if self._method == "POST" else _BY_GET
            prepared = host.engine.prepare(request, kinds=kinds)
        except Refused as refused:
            if self._accepted.json is None and refused.is_document_fault and self._endpoint.events is not None:
                await self._endpoint.events(refused, caller, self._headers, self._receive, self._send_event)
                return
            raise _not_by_get(refused) from None
        await self._answer(prepared, caller)

    async def _request(self) -> Request:
        if self._method == "GET":
            values: Any = read_parameters(self._scope.get("query_string", b""), self._endpoint.limits)
        else:
            values = await read_body(self._headers, self._receive, self._endpoint.limits)
        if isinstance(values, list):
            raise Problem("Send one operation per request.")
        if not isinstance(values, dict):
            raise Problem("The body must be an object with `query`, and optionally `variables` and `operationName`.")
        return request_of(values)  # pyright: ignore[reportUnknownArgumentType]

    async def _answer(self, prepared: Prepared, caller: Any) -> None:
        is_subscription = prepared.operation.type is OperationType.SUBSCRIPTION
        events = self._endpoint.events
        if events is not None and self._accepted.events and (is_subscription or self._accepted.json is None):
            await events(prepared, caller, self._headers, self._receive, self._send_event)
            return
        if is_subscription:
            raise Problem(
                "Subscriptions run over WebSocket (connect here with graphql-transport-ws) or as server-sent events "
                "(send `Accept: text/event-stream`)."
            )
        host = self._endpoint.host
        result = await host.engine.execute(prepared, host.context(caller, self._headers))
        await self._respond(200, result.encode(), {})

    async def refuse(self, errors: list[GraphQLError], status: int, headers: Mapping[str, str]) -> None:
        """An answer without data. Nothing can be said any more when the response has begun."""
        if self._is_begun:
            return
        content = orjson.dumps({"errors": [error.formatted for error in errors]})
        await self._respond(status, content, headers)

    async def _respond(self, status: int, content: bytes, more: Mapping[str, str]) -> None:
        headers: Headers = [(b"content-type", self.media_type.encode()), (b"vary", b"Accept, Accept-Encoding")]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in more.items()]
        if self._method == "GET":
            # Stock and prices of a moment ago are no answer, and refusals pass.
            headers.append((b"cache-control", b"no-store"))
        headers += self._endpoint.origins.of_answer(self._headers.get("origin"))
        if len(content) >= self._endpoint.limits.answer_gzip_bytes and accepts_gzip(
            self._headers.get("accept-encoding")
        ):
            content = await _compressed(content)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(content)).encode()))
        self._is_begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": content})

    async def _other_method(self) -> None:
        if is_preflight(self._method, self._headers):
            status, headers, text = self._endpoint.origins.preflight(self._headers)
            headers += [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
            await self._send({"type": "http.response.start", "status": status, "headers": headers})
            await self._send({"type": "http.response.body", "body": text})
        elif self._method == "OPTIONS":
            headers = [(b"allow", f"{_METHODS}, OPTIONS".encode()), (b"content-length", b"0")]
            headers += self._endpoint.origins.of_answer(self._headers.get("origin"))
            await self._send({"type": "http.response.start", "status": 204, "headers": headers})
            await self._send({"type": "http.response.body", "body": b""})
        else:
            raise Problem("Only GET and POST are understood.", 405, "METHOD_NOT_ALLOWED", {"allow": _METHODS})

    async def _send_event(self, message: Message) -> None:
        """A stream is begun with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._is_begun = True
            more = self._endpoint.origins.of_answer(self._headers.get("origin"))
            message = {**message, "headers": [*message["headers"], (b"vary", b"Accept"), *more]}
        await self._send(message)


def _headers(raw: Collection[tuple[bytes, bytes]]) -> dict[str, str]:
    """By name, in lower case as ASGI has them; one that is sent several times is one list."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    if len(headers) != len(raw):
        headers.clear()
        for name, value in raw:
            known, new = headers.get(name.decode("latin-1")), value.decode("latin-1")
            headers[name.decode("latin-1")] = new if known is None else f"{known}, {new}"
    return headers


def _status(refused: Refused, media_type: str) -> int:
    """405 is about the method, whatever the media type says."""
    is_told_in_the_body = media_type == JSON and refused.is_document_fault and refused.status != 405  # noqa: PLR2004
    return 200 if is_told_in_the_body else refused.status


def _not_by_get(refused: Refused) -> Exception:
    if (refused.errors[0].extensions or {}).get("code") != "OPERATION_KIND_NOT_ALLOWED":
        return refused
    return Problem("Mutations need a POST.", 405, "METHOD_NOT_ALLOWED", {"allow": "POST"})


def _headers_of(refused: Refused) -> Mapping[str, str]:
    return {"retry-after": "1"} if refused.status == 503 else {}  # noqa: PLR2004


async def _compressed(content: bytes) -> bytes:
    if len(content) < _LONG:
        return gzip.compress(content, _GZIP_LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, content, _GZIP_LEVEL, mtime=0)
