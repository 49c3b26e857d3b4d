"""Output coercion of single values, for what generated code does not take as it is."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphql import GraphQLEnumType, Undefined

from app.engine.abstract import Unfit


def as_list(value: Any) -> Any:
    """The items of what is no list but may stand for one. What can be read only once is left untouched."""
    if isinstance(value, list | tuple | set | frozenset):
        return value  # pyright: ignore[reportUnknownVariableType]
    raise Unfit


@lru_cache(maxsize=1024)
def serializer(named: Any) -> Callable[[Any], Any]:
    """The output coercion of a leaf type; raises for whatever graphql-core would complain about."""
    return _EnumNames(named).__getitem__ if isinstance(named, GraphQLEnumType) else _scalar(named)


def _scalar(named: Any) -> Callable[[Any], Any]:
    coerce = named.coerce_output_value

    def serialize(value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, BaseException):
            raise Unfit
        found = coerce(value)
        if found is None or found is Undefined:
            raise Unfit
        return found

    return serialize


class _EnumNames(dict[Any, Any]):
    """Value of an enum to its name, each looked up once."""

    def __init__(self, named: GraphQLEnumType) -> None:
        super().__init__()
        self._serialize = _scalar(named)

    def __missing__(self, value: Any) -> Any:
        name = self[value] = self._serialize(value)
        return name
