"""What is said on a WebSocket in the protocol `graphql-transport-ws`: its messages, and why a socket is closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from graphql import GraphQLError

from app.engine.limits import TOO_LARGE
from app.engine.values import has_more_values

PROTOCOL: Final = "graphql-transport-ws"
MAX_ID_LENGTH: Final = 1_024
# A close frame has room for so many bytes of text.
_MAX_REASON_BYTES: Final = 123

NORMAL: Final = 1000
POLICY_VIOLATION: Final = 1008
MESSAGE_TOO_BIG: Final = 1009
TRY_AGAIN_LATER: Final = 1013
BAD_REQUEST: Final = 4400
UNAUTHORIZED: Final = 4401
FORBIDDEN: Final = 4403
SUBPROTOCOL_NOT_ACCEPTABLE: Final = 4406
INITIALISATION_TIMEOUT: Final = 4408
SUBSCRIBER_EXISTS: Final = 4409
TOO_MANY_INITIALISATIONS: Final = 4429
INTERNAL_ERROR: Final = 4500

_ABOUT_THE_CONNECTION: Final = frozenset({"connection_init", "ping", "pong"})
_MEMBERS: Final = (
    ("query", str, "a string"),
    ("variables", dict, "an object"),
    ("operationName", str, "a string"),
    ("extensions", dict, "an object"),
)


class Closing(Exception):
    """The socket has to be closed. reason: for people, at most 123 bytes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of the right shape. id: empty where the type has none."""

    type: str
    id: str = ""
    payload: dict[str, Any] | None = None


def read(text: str | None, *, nesting: int, values: int) -> Incoming:
    """A client's message; None stands for a binary one. Raises Closing with 4400, or with 1009 for too many values.

    nesting: how many lists and objects may stand inside one another. values: how many values it may have.
    """
    if text is None:
        raise _invalid("it is binary")
    if len(text) > values and has_more_values(text.encode(errors="replace"), values):
        raise Closing(MESSAGE_TOO_BIG, f"{TOO_LARGE}: a message may have {values} values")
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _invalid("it is not JSON") from None
    if not isinstance(found, dict):
        raise _invalid("it is not an object")
    if text.count("[") + text.count("{") > nesting and _is_deeper(found, nesting):
        raise _invalid("it is nested too deeply")
    message: dict[str, Any] = found  # pyright: ignore[reportUnknownVariableType]
    kind: Any = message.get("type")
    if kind == "subscribe":
        return Incoming(kind, _id_of(message), _subscribe_payload(message.get("payload")))
    if kind == "complete":
        return Incoming(kind, _id_of(message))
    if not (isinstance(kind, str) and kind in _ABOUT_THE_CONNECTION):
        raise _invalid("`type` is unknown")
    payload = message.get("payload")
    if not isinstance(payload, dict | None):
        raise _invalid("`payload` must be an object")
    return Incoming(kind, payload=payload)


def message_of(kind: str, payload: Any = None) -> str:
    """A message about the connection."""
    return orjson.dumps({"type": kind} if payload is None else {"type": kind, "payload": payload}).decode()


def head_of(id: str) -> str:
    """The beginning of a `next` message; its payload and a brace are still to come."""
    return f'{{"id":{orjson.dumps(id).decode()},"type":"next","payload":'


def complete_of(id: str) -> str:
    """The end of an operation."""
    return orjson.dumps({"id": id, "type": "complete"}).decode()


def error_of(id: str, errors: Iterable[GraphQLError]) -> str:
    """The end of an operation that did not run."""
    return orjson.dumps({"id": id, "type": "error", "payload": [error.formatted for error in errors]}).decode()


def exists_already(id: str) -> Closing:
    """A second operation with the id of one that runs."""
    reason = f"Subscriber for {id} already exists"
    if len(reason.encode()) > _MAX_REASON_BYTES:
        reason = "Subscriber for this id already exists"
    return Closing(SUBSCRIBER_EXISTS, reason)


def _invalid(why: str) -> Closing:
    return Closing(BAD_REQUEST, f"Invalid message: {why}")


def _is_deeper(value: Any, most: int) -> bool:
    """Level by level, so that nothing recurses."""
    level: list[Any] = [value]
    for _ in range(most):
        inside = (entry.values() if isinstance(entry, dict) else entry for entry in level)
        level = [entry for entries in inside for entry in entries if isinstance(entry, dict | list)]
        if not level:
            return False
    return True


def _id_of(message: dict[str, Any]) -> str:
    found = message.get("id")
    if not (isinstance(found, str) and found):
        raise _invalid("`id` must be a string that is not empty")
    if len(found) > MAX_ID_LENGTH:
        raise _invalid(f"`id` is longer than {MAX_ID_LENGTH} characters")
    return found


def _subscribe_payload(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise _invalid("`payload` must be an object")
    for name, kind, said in _MEMBERS:
        if not isinstance(payload.get(name), kind | None):
            raise _invalid(f"`payload.{name}` must be {said}")
    # A client that knows its document by its id may leave the text out; any other has forgotten it.
    is_named = payload.get("documentId") is not None or "persistedQuery" in (payload.get("extensions") or ())
    if payload.get("query") is None and not is_named:
        raise _invalid("`payload.query` must be a string")
    return payload
