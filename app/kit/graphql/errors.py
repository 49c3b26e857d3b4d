"""Refusals as data: the interface `UserError` and its concrete types, which carry the facts."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, TypeVar

import strawberry
from graphql import GraphQLError

from app.kit.errors import DomainError, ErrorCode

strawberry.enum(ErrorCode, description="Why a request was refused. Codes are stable; new ones may be added.")


@strawberry.interface(description="A refusal that the caller can act on. Concrete types carry the facts.")
class UserError:
    """Base of all refusals in the API."""

    code: ErrorCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, in a sentence for people (English).")
    path: list[str] | None = strawberry.field(
        description="Where in the arguments the trouble is, from `input` downwards; null: nowhere in particular."
    )


ErrorType = TypeVar("ErrorType", bound=type[UserError])
ERROR_TYPES: Final[dict[ErrorCode, type[UserError]]] = {}


def user_error(code: ErrorCode, description: str) -> Callable[[ErrorType], ErrorType]:
    """Declare the concrete GraphQL type of a refusal. Its own fields are named like the refusal's facts."""

    def register(cls: ErrorType) -> ErrorType:
        declared = strawberry.type(cls, description=description)
        ERROR_TYPES[code] = declared
        return declared

    return register


@strawberry.type(description="A refusal that needs no facts beyond its code and message.")
class GenericError(UserError):
    """Used for codes without a type of their own."""


@user_error(ErrorCode.VERSION_CONFLICT, "The object was changed since it was read.")
class VersionConflictError(UserError):
    """Read the object again and decide anew."""

    current_version: int = strawberry.field(description="The version that the object has now.")


@user_error(ErrorCode.INVALID_TRANSITION, "The object's state does not allow this step.")
class InvalidTransitionError(UserError):
    """Read the object again; somebody else may have taken the step."""

    current_status: str = strawberry.field(description="The state that the object is in.")


def to_user_error(error: DomainError) -> UserError:
    """The GraphQL object of a refusal."""
    return build_user_error(error.code, error.message, error.path, error.facts)


def build_user_error(code: ErrorCode, message: str, path: list[str], facts: dict[str, Any]) -> UserError:
    """The GraphQL object from its parts; facts that the type does not know are left out."""
    cls = ERROR_TYPES.get(code, GenericError)
    known = {field.name for field in fields(cls)} - {"code", "message", "path"}  # pyright: ignore[reportArgumentType]
    values = {name: value for name, value in facts.items() if name in known}
    return cls(code=code, message=message, path=path or None, **values)


def query_error(error: DomainError) -> GraphQLError:
    """The error of a query that is refused; queries have no payload. Raise it `from` the refusal.

    Its extensions are `code`, `argument` (where in the arguments the trouble is) and the facts.
    """
    extensions: dict[str, Any] = {"code": str(error.code), **error.facts}
    if error.path:
        extensions["argument"] = error.path
    return GraphQLError(error.message, extensions=extensions)
