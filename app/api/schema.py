"""One schema from the parts of all slices."""

import importlib
import pkgutil
from typing import Any, Final

import strawberry

import app
from app.api.extensions import EXTENSIONS, Schema
from app.api.nodes import NodeQuery
from app.kit.graphql.errors import ERROR_TYPES, GenericError
from app.kit.graphql.nodes import IMPLEMENTATIONS


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


def build_schema() -> Schema:
    """The whole schema, with the limits that hold for every document and the masking of errors."""
    query = _root("Query", "queries", "What can be read.", NodeQuery)
    assert query is not None  # noqa: S101
    return Schema(
        query=query,
        mutation=_root("Mutation", "mutations", "What can be done."),
        subscription=_root("Subscription", "subscriptions", "What can be listened to."),
        types=[GenericError, *ERROR_TYPES.values(), *IMPLEMENTATIONS],
        extensions=EXTENSIONS,
    )


schema: Final = build_schema()
