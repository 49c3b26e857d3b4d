"""What every operation passes through."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.types import ExecutionContext

from app.api.limits import MAX_TOKENS, LimitsRule
from app.api.masking import OperationContext, PublicErrors

CACHED_DOCUMENTS: Final = 512


class Schema(strawberry.Schema):
    """Errors are logged where they are masked; strawberry would log every refused document as well."""

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
