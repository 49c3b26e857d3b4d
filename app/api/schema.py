"""One schema from the parts of all slices."""

import importlib
import pkgutil
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.types import ExecutionContext

import app
from app.api.errors import OperationContext, PublicErrors
from app.api.limits import MAX_TOKENS, LimitsRule
from app.api.nodes import NodeQuery
from app.kit.graphql.errors import ERROR_TYPES, GenericError
from app.kit.graphql.nodes import IMPLEMENTATIONS

CACHED_DOCUMENTS: Final = 512


def _slices() -> list[pkgutil.ModuleInfo]:
    return [
        module for module in pkgutil.iter_modules(app.__path__) if module.ispkg and module.name not in {"api", "kit"}
    ]


def _parts(room: str, suffix: str) -> tuple[type[Any], ...]:
    found: list[type[Any]] = []
    for package in _slices():
        name = f"app.{package.name}.graphql.{room}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(str(error.name)):
                raise
            continue
        found += [
            value
            for key, value in vars(module).items()
            if key.endswith(suffix) and key != suffix and isinstance(value, type) and value.__module__ == name
        ]
    return tuple(found)


for _package in _slices():
    try:
        importlib.import_module(f"app.{_package.name}.graphql.errors")
    except ModuleNotFoundError as _error:
        if not f"app.{_package.name}.graphql.errors".startswith(str(_error.name)):
            raise


def _root(name: str, room: str, description: str, *always: type[Any]) -> type[Any] | None:
    parts = (*always, *_parts(room, name))
    return strawberry.type(type(name, parts, {}), description=description) if parts else None


class Schema(strawberry.Schema):
    """Errors are logged where they are masked; strawberry would log every refused document as well."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing more to do."""


def _limits() -> AddValidationRules:
    return AddValidationRules([LimitsRule])


def _tokens() -> MaxTokensLimiter:
    return MaxTokensLimiter(max_token_count=MAX_TOKENS)


def _parsed() -> ParserCache:
    return ParserCache(maxsize=CACHED_DOCUMENTS)


def _validated() -> ValidationCache:
    return ValidationCache(maxsize=CACHED_DOCUMENTS)


def build_schema() -> Schema:
    """The whole schema, with the limits that hold for every document and the masking of errors."""
    query = _root("Query", "queries", "What can be read.", NodeQuery)
    assert query is not None  # noqa: S101
    return Schema(
        query=query,
        mutation=_root("Mutation", "mutations", "What can be done."),
        subscription=_root("Subscription", "subscriptions", "What can be listened to."),
        types=[GenericError, *ERROR_TYPES.values(), *IMPLEMENTATIONS],
        extensions=[PublicErrors, OperationContext, _tokens, _limits, _parsed, _validated],
    )


schema: Final = build_schema()
