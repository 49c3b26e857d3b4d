"""Global object identification: every node type tells how its rows are loaded by id."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.leaf import leaf
from app.kit.errors import NotFound
from app.kit.graphql.context import Context
from app.kit.ids import global_id, int_key, parse_global_id, uuid_key


@strawberry.interface(description="An object with an id that is unique over all types (Relay).")
class Node:
    """Implemented by everything that `node(id)` finds."""

    id: strawberry.ID = strawberry.field(description="The global id: opaque, stable, usable with `node(id)`.")


@dataclass(frozen=True)
class NodeType:
    """How `node(id)` finds objects of one type. `load` applies the caller's row filters.

    bits: of the column that keeps a numeric key; a larger number names nothing.
    """

    key: type[int] | type[UUID]
    load: Callable[[Context, list[Any], None], Awaitable[Mapping[Any, Any]]]
    bits: int = 63


NODE_TYPES: Final[dict[str, NodeType]] = {}
_IDS_KEPT: Final = 32_768


IMPLEMENTATIONS: Final[list[type[Any]]] = []
"""Types that are reached through an interface only; the schema has to be told of them."""


class _GlobalIds(dict[Any, str]):
    """The global ids of one type by key, those that were asked for: the same few thousand goods are shown again and
    again, and looking one up costs no call.
    """

    def __init__(self, typename: str) -> None:
        super().__init__()
        self._typename = typename

    def __missing__(self, key: Any) -> str:
        found = global_id(self._typename, key)
        if type(key) is int:
            if len(self) >= _IDS_KEPT:
                self.clear()
            self[key] = found
        return found


def id_field(typename: str, column: str = "id") -> Any:
    """The `id` field of a node type whose key is `column` of its row."""
    known = _GlobalIds(typename)

    def make(_context: Context) -> Callable[[Any], str]:
        return known.__getitem__

    return leaf(
        column,
        make,
        returns=strawberry.ID,
        description="The global id: opaque, stable, usable with `node(id)`.",
        is_constant=True,
    )


def node_key(value: str) -> tuple[str, Any] | None:
    """(type name, key) of a global id of a known node type."""
    parsed = parse_global_id(value)
    declared = NODE_TYPES.get(parsed[0]) if parsed else None
    if parsed is None or declared is None:
        return None
    key = int_key(value, parsed[0]) if declared.key is int else uuid_key(value, parsed[0])
    is_known = key is not None and (isinstance(key, UUID) or key < 1 << declared.bits)
    return (parsed[0], key) if is_known else None


def _article(typename: str) -> str:
    return "an" if typename[0] in "AEIO" else "a"


def require_uuid(value: str, typename: str, *path: str) -> UUID:
    """The UUID in a global id given as input. Raises NotFound for anything else."""
    key = uuid_key(value, typename)
    if key is None:
        raise _unknown(typename, path)
    return key


def require_int(value: str, typename: str, *path: str) -> int:
    """The number in a global id given as input. Raises NotFound for anything else."""
    key = int_key(value, typename)
    if key is None:
        raise _unknown(typename, path)
    return key


def _unknown(typename: str, path: tuple[str, ...]) -> NotFound:
    return NotFound(f"This is not the id of {_article(typename)} {typename}.", path=path)
