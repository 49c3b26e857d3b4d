"""What one run has resolved and loaded already."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

CallKey = tuple[int, Any]


class Failure(Exception):
    """Stands for an exception that was raised where a value was wanted. Itself an exception, it fits nowhere."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Awaited:
    """What a resolver gave that graphql-core would have waited for."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a batch function gave for some keys: a mapping, or a Failure. columns None: all of them."""

    keys: Collection[Any]
    columns: frozenset[str] | None
    found: Any

    def of(self, key: Any) -> Any:
        """The row, the rows, None or a Failure."""
        return self.found if isinstance(self.found, Failure) else self.found.get(key)

    def has(self, columns: frozenset[str] | None) -> bool:
        """Whether rows with these columns were asked for. A failure would be one with any."""
        if self.columns is None or isinstance(self.found, Failure):
            return True
        return columns is not None and columns <= self.columns


class Memory:
    """What was resolved and loaded: nothing of it is asked for again."""

    __slots__ = ("awaited", "roots", "rows")

    def __init__(self) -> None:
        self.roots: dict[str, Any] = {}
        """By response key: the value, a Failure, or Awaited with either."""
        self.rows: dict[CallKey, list[Loaded]] = {}
        self.awaited: dict[tuple[int, int], Any] = {}
        """By (id of the object, id of the field's node): like roots."""

    def remember(self, call: CallKey, loaded: Loaded) -> None:
        """Keep what a call gave."""
        self.rows.setdefault(call, []).append(loaded)

    def known(self, call: CallKey, keys: Collection[Any], columns: frozenset[str] | None) -> dict[Any, Any]:
        """What a level above loaded already, with these columns at least."""
        return {
            key: loaded.of(key)
            for loaded in self.rows.get(call, ())
            if loaded.has(columns)
            for key in loaded.keys
            if key in keys
        }

    def recall(self, call: CallKey) -> dict[Any, Any]:
        """Each key with what was loaded for it, but for those of which no call asked for all columns that are read."""
        found: dict[Any, list[Loaded]] = {}
        for loaded in self.rows.get(call, ()):
            for key in loaded.keys:
                found.setdefault(key, []).append(loaded)
        recalled: dict[Any, Any] = {}
        for key, several in found.items():
            rows = [one for one in several if not isinstance(one.found, Failure)] or several
            full = next((one for one in rows if all(one.has(other.columns) for other in rows)), None)
            if full is not None and (len(rows) == len(several) or rows is several):
                recalled[key] = full.of(key)
        return recalled
