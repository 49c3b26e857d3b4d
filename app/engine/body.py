"""The body and the query string of an HTTP request: read within bounds of size and time, and understood."""

import asyncio
import json
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from graphql import GraphQLError

from app.engine.accept import JSON, RESPONSE_JSON
from app.engine.begun import Rest
from app.engine.limits import TOO_LARGE, Limits
from app.engine.values import has_more_values

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

# As zlib counts its windows; `deflate` means two things, and the other one is tried when the first does not fit.
_WINDOWS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_UTF_8: Final = frozenset({"utf-8", "utf8"})
_NAME: Final = re.compile(rb'"[ \t\r\n]*:')
_PARAMETERS: Final = frozenset({"query", "variables", "operationName", "extensions", "documentId"})
_MAX_PARAMETERS: Final = 50
_USUAL: Final = 300


class Problem(Exception):
    """A request that is answered without a look at its document: status, headers, and one error with a code."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        code: str = "BAD_REQUEST",
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error = GraphQLError(message, extensions={"code": code, **facts})


class Disconnected(Exception):
    """The client went away before it had sent everything."""


async def read_body(headers: Mapping[str, str], receive: Receive, limits: Limits) -> Any:
    """What the JSON of a POST says. Raises Problem or Disconnected."""
    kind = headers.get("content-type") or ""
    # Remembered are those of the usual length.
    trouble = _trouble_with_type(kind) if len(kind) <= _USUAL else _trouble_with_type.__wrapped__(kind)
    if trouble is not None:
        raise Problem(trouble, 415, "UNSUPPORTED_MEDIA_TYPE")
    windows = _windows(headers.get("content-encoding"))
    declared = headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limits.body_bytes:  # noqa: PLR2004
        raise _too_large(limits)
    steps = _received(receive, limits)
    try:
        # A body that came along with the head, as nearly all do, is there at once.
        waits_for = steps.send(None)
        async with asyncio.timeout(limits.body_s):
            body = await Rest(steps, waits_for)
    except StopIteration as end:
        body = end.value
    except TimeoutError:
        message = f"The body did not come within {limits.body_s:g} s."
        raise Problem(message, 408, "REQUEST_TIMEOUT", {"connection": "close"}) from None
    return read_json(_inflated(body, windows, limits) if windows else body, "The body", limits)


async def _received(receive: Receive, limits: Limits) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(first) <= limits.body_bytes:
        return first
    body = bytearray(first)
    while message.get("more_body", False):
        if len(body) > limits.body_bytes:
            break
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
    if len(body) > limits.body_bytes:
        raise _too_large(limits)
    return bytes(body)


def _too_large(limits: Limits) -> Problem:
    message = f"The body is larger than {limits.body_bytes} bytes."
    # What is still to come is not read, so nothing can follow on this connection.
    return Problem(message, 413, "REQUEST_TOO_LARGE", {"connection": "close"})


@lru_cache(maxsize=64)
def _trouble_with_type(header: str) -> str | None:
    kind, _, parameters = header.partition(";")
    if kind.strip().lower() not in (JSON, RESPONSE_JSON):
        return "Send the request as `Content-Type: application/json`."
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _UTF_8:
            return "Send the request in UTF-8."
    return None


def _windows(header: str | None) -> tuple[int, ...]:
    encoding = (header or "identity").strip().lower()
    if encoding == "identity":
        return ()
    if encoding not in _WINDOWS:
        message = "Send the body as it is, or with `Content-Encoding: gzip` or `deflate`."
        raise Problem(message, 415, "UNSUPPORTED_MEDIA_TYPE", {"accept-encoding": "gzip, deflate"})
    return _WINDOWS[encoding]


def _inflated(body: bytes, windows: tuple[int, ...], limits: Limits) -> bytes:
    """The body, unpacked no further than the limit. A stream that is cut off or goes on with something else is none."""
    for window in windows:
        unpacking = zlib.decompressobj(window)
        try:
            found = unpacking.decompress(body, limits.body_bytes + 1)
        except zlib.error:
            continue
        if len(found) > limits.body_bytes:
            raise _too_large(limits)
        if unpacking.eof and not unpacking.unused_data:
            return found
    raise Problem("The body is not compressed as its `Content-Encoding` says.")


def read_json(text: bytes, what: str, limits: Limits) -> Any:
    """The value of a JSON text. Raises Problem for what is none, is too much or too deep, or gives one name twice."""
    if len(text) > limits.json_values and has_more_values(text, limits.json_values):
        message = f"{what} has more than {limits.json_values} values."
        raise Problem(message, code=TOO_LARGE)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Problem(f"{what} is not JSON: {error}.") from None
    names = len(_NAME.findall(text))
    if names or text.count(b"[") > limits.nesting:
        _check_inside(found, text, names, what, limits)
    return found


def _check_inside(value: Any, text: bytes, names: int, what: str, limits: Limits) -> None:
    """Level by level, so that nothing recurses. A name that is given twice is missing from what was read."""
    level: list[Any] = [value]
    depth = found = 0
    while level:
        below: list[Any] = []
        for container in level:
            if isinstance(container, dict):
                found += len(container)  # pyright: ignore[reportUnknownArgumentType]
                below += [entry for entry in container.values() if isinstance(entry, dict | list)]
            elif isinstance(container, list):
                below += [entry for entry in container if isinstance(entry, dict | list)]
        level = below
        depth += 1
        if level and depth >= limits.nesting:
            message = f"{what} has more than {limits.nesting} lists and objects inside one another."
            raise Problem(message, code=TOO_LARGE)
    if found < names:
        # Texts may look like names as well: only a slow second look can tell.
        json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, what), parse_int=float)


def _unique(pairs: list[tuple[str, Any]], what: str) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Problem(f"{what} gives the name {name[:80]!r} twice in one object.")
        seen.add(name)


def read_parameters(query_string: bytes, limits: Limits) -> dict[str, Any]:
    """The request in the query string of a GET. Raises Problem."""
    if len(query_string) > limits.body_bytes:
        raise Problem("The address is too long.", 414, "REQUEST_TOO_LARGE")
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError:
        raise Problem("The parameters of the address cannot be read: they must be UTF-8, percent-encoded.") from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found and name in _PARAMETERS:
            raise Problem(f"The parameter `{name}` is given twice.")
        found[name] = value or None
    for name in ("variables", "extensions"):
        if found.get(name) is not None:
            found[name] = read_json(found[name].encode(), f"The parameter `{name}`", limits)
    return found
