"""Calls of batch functions: which keys they are given and for which fields."""

from collections.abc import Hashable
from typing import Any

from app.engine.columns import single_attribute
from app.engine.memory import CallKey
from app.engine.plan import PlannedField
from app.engine.relations import Batch


class Call:
    """One call of a batch function for a level."""

    __slots__ = ("arguments", "batch", "columns", "key", "keys", "users")

    def __init__(self, key: CallKey, batch: Batch, arguments: dict[str, Any]) -> None:
        self.key = key
        self.batch = batch
        self.arguments = arguments
        self.keys: dict[Any, None] = {}
        self.columns: set[str] | None = set()
        self.users: list[tuple[PlannedField, dict[Any, None]]] = []


def keys_of(batch: Batch, parents: list[Any]) -> list[Any]:
    """The keys of the parents that have one."""
    attribute = single_attribute(batch.key)
    try:
        if attribute is None or not hasattr(type(parents[0]), "keys"):
            keys = list(map(batch.key, parents))
        else:
            keys = [parent[attribute] for parent in parents]
    except Exception:  # one of them has none; the reference executor will meet and report it
        keys = []
        for parent in parents:
            try:
                keys.append(batch.key(parent))
            except Exception:  # noqa: S112
                continue
    if None in keys:
        keys = [key for key in keys if key is not None]
    try:
        set(keys)
    except TypeError:  # one of them cannot be a key
        keys = [key for key in keys if isinstance(key, Hashable) and not isinstance(key, tuple | list)]
    return keys
