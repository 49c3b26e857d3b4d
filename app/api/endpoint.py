"""GraphQL over HTTP: from a request to an operation, from a result to a response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.api.auth import InvalidKey, identify
from app.api.extensions import Schema
from app.api.language import preferred_language
from app.api.masking import UNAVAILABLE
from app.kit.config import Config
from app.kit.db import Database, is_retryable
from app.kit.feed import Feed
from app.kit.graphql.context import Context
from app.kit.permissions import Actor

_SHAPE: Final = (("query", str, "a text"), ("variables", dict, "an object"), ("operationName", str, "a text"))
JSON: Final = "application/json"
# The media type of the specification: requests that cannot run are answered with a 4xx status.
RESPONSE_JSON: Final = "application/graphql-response+json"
_BY_METHOD: Final = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


class BadRequest(Exception):
    """The request is no GraphQL request; message for people, status and code for programs."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST", **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation, as it was sent."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all requests of a process share."""

    schema: Schema
    db: Database
    config: Config
    feed: Feed | None
    clock: Callable[[], datetime]
    max_body_bytes: int

    def context(self, actor: Actor, headers: Mapping[str, Any]) -> Context:
        """The context of one operation. headers: names in lower case."""
        return Context(
            db=self.db,
            config=self.config,
            actor=actor,
            now=self.clock(),
            language=preferred_language(headers.get("accept-language"), self.config.default_language),
            channel=str(headers.get("hikiate-channel") or self.config.default_channel),
            feed=self.feed,
        )


def make_endpoint(surroundings: Surroundings) -> Any:
    """The Starlette endpoint of `/graphql`."""

    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(surroundings, request)
        except BadRequest as error:
            return problem(str(error), error.status, error.code, headers=error.headers)
        except InvalidKey as error:
            return problem(str(error), 401, "UNAUTHENTICATED", headers={"WWW-Authenticate": "Bearer"})
        except Exception as error:
            if is_retryable(error):
                later = {"Retry-After": "1"}
                return problem(UNAVAILABLE, 503, "SERVICE_UNAVAILABLE", retryable=True, headers=later)
            raise

    return endpoint


def problem(
    message: str, status: int, code: str, *, headers: Mapping[str, str] | None = None, **extensions: Any
) -> Response:
    """An answer without data, in the shape of any other."""
    body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return Response(orjson.dumps(body), status, headers, media_type=JSON)


async def _answer(surroundings: Surroundings, request: Request) -> Response:
    if request.method not in _BY_METHOD:
        raise BadRequest("Only GET and POST are understood.", 405, "METHOD_NOT_ALLOWED", Allow="GET, POST")
    if request.method == "GET":
        sent = _from_query(request)
    else:
        sent = await _from_body(request, surroundings.max_body_bytes)
    actor = await identify(surroundings.db, request.headers, now=surroundings.clock())
    try:
        result = await surroundings.schema.execute(
            sent.query,
            variable_values=sent.variables,
            operation_name=sent.operation_name,
            context_value=surroundings.context(actor, request.headers),
            allowed_operation_types=_BY_METHOD[request.method],
        )
    except MissingQueryError:
        message = "The request has no `query`."
        raise BadRequest(message) from None
    except CannotGetOperationTypeError as error:
        message = f"The document has no operation {error.operation_name!r}."
        if error.operation_name is None:
            message = "The document has no operation, or several and none was chosen by `operationName`."
        raise BadRequest(message) from None
    except InvalidOperationTypeError as error:
        raise _not_this_way(error.operation_type) from None
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    could_run = not isinstance(result, PreExecutionError)
    if could_run:
        body["data"] = result.data
    media_type = RESPONSE_JSON if RESPONSE_JSON in request.headers.get("accept", "") else JSON
    status = 200 if could_run or media_type == JSON else 400
    return Response(orjson.dumps(body), status, media_type=media_type)


def _not_this_way(operation_type: OperationType) -> BadRequest:
    if operation_type is OperationType.SUBSCRIPTION:
        return BadRequest("Subscriptions run over WebSocket: connect to /graphql with graphql-transport-ws.")
    return BadRequest("Mutations need a POST.", 405, "METHOD_NOT_ALLOWED", Allow="POST")


def _from_query(request: Request) -> GraphQLRequest:
    sent = request.query_params
    values: dict[str, Any] = {name: sent.get(name) or None for name in ("query", "operationName")}
    variables = sent.get("variables")
    if variables:
        values["variables"] = _json(variables.encode(), "The parameter `variables`")
    return _checked(values)


async def _from_body(request: Request, limit: int) -> GraphQLRequest:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {JSON, RESPONSE_JSON}:
        message = "Send the request as `Content-Type: application/json`."
        raise BadRequest(message, 415, "UNSUPPORTED_MEDIA_TYPE")
    body = bytearray()
    declared = request.headers.get("content-length", "0")
    if not (declared.isdigit() and int(declared) > limit):
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                break
        else:
            return _checked(_json(bytes(body), "The body"))
    message = f"The body is larger than {limit} bytes."
    raise BadRequest(message, 413, "REQUEST_TOO_LARGE", Connection="close")


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"{what} is not JSON: {error}."
        raise BadRequest(message) from None


def _checked(values: Any) -> GraphQLRequest:
    if isinstance(values, list):
        message = "Send one operation per request."
        raise BadRequest(message)
    if not isinstance(values, dict):
        message = "The body must be an object with `query`, and optionally `variables` and `operationName`."
        raise BadRequest(message)
    found: dict[str, Any] = values  # pyright: ignore[reportUnknownVariableType]
    for name, kind, said in _SHAPE:
        if not isinstance(found.get(name), kind | None):
            message = f"`{name}` must be {said}."
            raise BadRequest(message)
    return GraphQLRequest(found.get("query") or "", found.get("variables"), found.get("operationName"))
