"""Top-level errors: each has a code; what nobody foresaw is masked and logged under a trace id."""

import re
from typing import Any, Final

from graphql import GraphQLError, GraphQLSyntaxError

from app.engine.faults import masked
from app.kit.db import may_be_sent_again
from app.kit.errors import DomainError
from app.kit.feed import SubscriberTooSlow


def public_error(error: GraphQLError, default_code: str = "BAD_USER_INPUT") -> GraphQLError:
    """The error as the caller sees it, with a code. What is not meant for callers is logged and replaced."""
    cause = error.original_error
    if isinstance(error, GraphQLSyntaxError):
        return _copy(error, error.message, {"code": "GRAPHQL_PARSE_FAILED"})
    # A place in the document and none in the answer: it comes from validating or from reading an argument.
    is_about_the_document = error.path is None and bool(error.nodes)
    # What is made for callers has a code; what validation says may begin like one of our faults.
    is_for_callers = cause is None and "code" in (error.extensions or {})
    if not is_for_callers and (error.message.startswith(OUR_FAULTS) or _is_about_our_value(error)):
        return _mask(error, cause or error)
    if cause is None or isinstance(cause, GraphQLError) or is_about_the_document:
        return _copy(error, error.message, {"code": default_code, **(error.extensions or {})})
    if "code" in (error.extensions or {}):
        return error
    if isinstance(cause, DomainError):
        where: dict[str, Any] = {"argumentPath": cause.path} if cause.path else {}
        return _copy(error, cause.message, {"code": str(cause.code), **where, **cause.facts})
    return _mask(error, cause)


def _is_about_our_value(error: GraphQLError) -> bool:
    """Whether a leaf of an answer is none of its type; the message quotes it. Of arguments the cause has a place."""
    cause = error.original_error
    is_of_an_answer = bool(error.path) and isinstance(cause, GraphQLError) and not cause.nodes
    return is_of_an_answer and _CANNOT_REPRESENT.match(error.message) is not None


def _mask(error: GraphQLError, cause: Exception) -> GraphQLError:
    if isinstance(cause, RecursionError):
        return _copy(error, TOO_DEEP, {"code": "OPERATION_TOO_LARGE"})
    if isinstance(cause, SubscriberTooSlow):
        return _copy(error, TOO_SLOW, {"code": "SUBSCRIBER_TOO_SLOW"})
    where = ".".join(str(part) for part in error.path or ()) or "the operation"
    public = masked(cause, f"in {where}", is_unavailable=may_be_sent_again(cause))
    return _copy(error, public.message, dict(public.extensions or {}))


# What graphql-core says when a value of ours does not fit our own schema.
OUR_FAULTS: Final = (
    "Cannot return null",
    "Abstract type",
    "Runtime Object type",
    "Expected value of type",
    "Expected Iterable",
)
_CANNOT_REPRESENT: Final = re.compile(r"(?:Int|Float|String|Boolean|ID|Enum '\w+') cannot represent ")
TOO_SLOW: Final = "Too many changes were left unread. Subscribe again."
TOO_DEEP: Final = "The operation is nested too deeply."


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=extensions,
    )
