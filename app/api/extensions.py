"""What every operation passes through."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.api.limits import MAX_TOKENS, LimitsRule
from app.api.masking import OperationContext, PublicErrors, public_error
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.request import Refused, Request

CACHED_DOCUMENTS: Final = 512


class Schema(strawberry.Schema):
    """Queries and mutations run on the engine, also where they come in process.

    Errors are logged where they are masked; strawberry would log every refused document as well.
    """

    @cached_property
    def engine(self) -> Engine:
        """The engine with the default limits: a server has one with its own settings."""
        return Engine(self, store=DocumentStore(self._schema), publish=public_error)

    async def execute(  # type: ignore[override]  # fewer arguments: what the transports of strawberry would need
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,  # noqa: ARG002
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,  # noqa: ARG002
        operation_extensions: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ExecutionResult:
        """Run one query or mutation; the answer as strawberry shapes it."""
        try:
            prepared = self.engine.prepare(Request(query, variable_values, operation_name))
        except Refused as refused:
            return PreExecutionError(data=None, errors=refused.errors)
        result = await self.engine.execute(prepared, context_value)
        return ExecutionResult(data=result.data, errors=result.errors or None)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing more to do."""


def _limits() -> AddValidationRules:
    return AddValidationRules([LimitsRule])


def _tokens() -> MaxTokensLimiter:
    return MaxTokensLimiter(max_token_count=MAX_TOKENS)


class _CachedParsing(ParserCache):
    """A document that cannot be parsed is left to strawberry, which answers where this would break off."""

    def __init__(self) -> None:
        super().__init__(maxsize=CACHED_DOCUMENTS)

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        with suppress(GraphQLError, RecursionError):
            context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield


def _validated() -> ValidationCache:
    return ValidationCache(maxsize=CACHED_DOCUMENTS)


# What every operation passes through, from the outside inwards.
EXTENSIONS: Final = (PublicErrors, OperationContext, _tokens, _limits, _CachedParsing, _validated)
