"""A relation is declared once, as a batch function; every executor calls the same one.

A batch function has the shape

    async def lines_by_order(context, keys, columns, *, first: int = 10) -> dict[key, row | list[row]]

`keys` are distinct, `columns` are the wanted columns of the rows (None: all), the keyword-only parameters are the
field's GraphQL arguments. It runs one set-based statement. Keys that it leaves out resolve to null or to an empty list.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from aiodataloader import DataLoader
from strawberry.types import Info

from app.engine.columns import READS, attributes_read

BATCH: Final = "batch"
BatchFunction = Callable[..., Awaitable[Mapping[Any, Any]]]
_POSITIONAL: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD


@dataclass(frozen=True, eq=False)
class Batch:
    """What an executor must know of a relation: how rows are loaded and which key of the parent they hang on.

    key(parent) None means that there is nothing to load: null, or an empty list.
    """

    load: BatchFunction
    key: Callable[[Any], Hashable | None]
    many: bool


class Entity:
    """Mixed into types whose objects are rows, so that graphql-core does not ask for instances of the class.

    A row that stands where an interface is expected names its type in `typename__`.
    """

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        """Whether `value` is an object of this type."""
        return getattr(value, "typename__", cls.__name__) == cls.__name__


class TypedRow:
    """A row that stands where an interface is expected; it names its type."""

    __slots__ = ("_row", "typename__")

    def __init__(self, row: Any, typename: str) -> None:
        self._row = row
        self.typename__ = typename

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)

    def __getitem__(self, name: str) -> Any:
        return self._row[name]


def relation(
    returns: Any,
    load: BatchFunction,
    *,
    key: Callable[[Any], Hashable | None],
    many: bool = False,
    required: bool = False,
    description: str,
    deprecation_reason: str | None = None,
    directives: Iterable[object] = (),
    reads: Iterable[str] | None = None,
) -> Any:
    """A field that follows a relation.

    returns: the strawberry type of one row (may be `Annotated["Name", strawberry.lazy("module")]`).
    many: the field is `[T!]!`. required: a single row that always exists, `T!`; otherwise `T`.
    reads: what the parent's row is asked for; by default the attributes that `key` reads.
    """
    batch = Batch(load, key, many)
    columns = attributes_read(key) if reads is None else frozenset(reads)

    async def resolve(root: Any, info: Any, **arguments: Any) -> Any:  # the reference executor's way in
        parent_key = key(root)
        if parent_key is None:
            return [] if many else None
        # Several fields may wait for one key: a field that graphql-core breaks off must not break off the others.
        found = await asyncio.shield(info.context.loader(batch, hashable_arguments(arguments)).load(parent_key))
        return [] if found is None and many else found

    adopt_arguments(resolve, load)
    field_type = list[returns] if many else (returns if required else returns | None)
    return strawberry.field(
        resolver=resolve,
        graphql_type=field_type,
        description=description,
        deprecation_reason=deprecation_reason,
        directives=tuple(directives),
        metadata={BATCH: batch} if columns is None else {BATCH: batch, READS: columns},
    )


def adopt_arguments(resolve: Any, function: Callable[..., Any]) -> None:
    """Let `resolve(root, info, **arguments)` look as if it had the keyword-only parameters of a function."""
    signature = inspect.signature(function, eval_str=True)
    own = [parameter for parameter in signature.parameters.values() if parameter.kind is parameter.KEYWORD_ONLY]
    resolve.__signature__ = inspect.Signature(
        [
            inspect.Parameter("root", _POSITIONAL),
            inspect.Parameter("info", _POSITIONAL, annotation=Info),
            *own,
        ]
    )
    resolve.__annotations__ = {"info": Info, **{parameter.name: parameter.annotation for parameter in own}}


def make_loader(context: Any, batch: Batch, arguments: tuple[tuple[str, Any], ...]) -> DataLoader[Any, Any]:
    """The reference executor's loader: the batch function behind aiodataloader, once per level."""

    async def load_all(keys: list[Any]) -> list[Any]:
        rows = await batch.load(context, keys, None, **dict(arguments))
        return [rows.get(key) for key in keys]

    return DataLoader(load_all)


def hashable_arguments(arguments: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)  # pyright: ignore[reportUnknownArgumentType]
        for name, value in sorted(arguments.items())
    )


def rows_by(rows: Iterable[Any], column: str) -> dict[Any, Any]:
    """One row per value of a unique column."""
    return {row[column]: row for row in rows}


def groups_by(rows: Iterable[Any], column: str) -> dict[Any, list[Any]]:
    """The rows per value of a column, in their order."""
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)
    return groups
