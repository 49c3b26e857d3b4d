"""What is asked of the engine and what it answers, whatever way it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as it was sent. sha256: the id of a document that is known already, in lower-case hex."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    sha256: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Refused(Exception):
    """The request cannot run at all: nothing was executed and the answer has no `data`.

    errors: never empty; each with a `code` among its extensions. status: what HTTP answers to a client that takes
    `application/graphql-response+json`. is_document_fault: whether the request itself was well formed and its
    document or its variables are at fault: those a client of `application/json` gets with status 200.
    """

    def __init__(self, errors: list[GraphQLError], *, status: int = 400, is_document_fault: bool = True) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.status = status
        self.is_document_fault = is_document_fault


@dataclass(slots=True)
class Result:
    """What an executed operation answers. data None: an error propagated to the root."""

    data: dict[str, Any] | None
    errors: list[GraphQLError] = field(default_factory=list[GraphQLError])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def encode(self) -> bytes:
        """As JSON: errors first, so that nobody who reads a log misses them."""
        return orjson.dumps(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """The response as the specification shapes it."""
        answer: dict[str, Any] = {}
        if self.errors:
            answer["errors"] = [error.formatted for error in self.errors]
        answer["data"] = self.data
        if self.extensions:
            answer["extensions"] = self.extensions
        return answer


def refusal(message: str, code: str, *, status: int = 400, is_document_fault: bool = True, **facts: Any) -> Refused:
    """A refusal with one error that has no place in a document."""
    error = GraphQLError(message, extensions={"code": code, **facts})
    return Refused([error], status=status, is_document_fault=is_document_fault)
