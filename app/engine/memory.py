"""What one run has resolved and loaded already."""

from typing import Any

CallKey = tuple[int, Any]


class Failure(Exception):
    """Stands for an exception that was raised where a value was wanted. Itself an exception, it fits nowhere."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Memory:
    """What was resolved and loaded: nothing of it is asked for again."""

    __slots__ = ("awaited", "roots", "rows")

    def __init__(self) -> None:
        self.roots: dict[str, Any] = {}
        self.rows: dict[CallKey, list[tuple[list[Any], Any]]] = {}
        self.awaited: dict[tuple[int, int], Any] = {}

    def remember(self, call: CallKey, keys: list[Any], found: Any) -> None:
        """What a batch function gave for some keys: a mapping, or a Failure."""
        self.rows.setdefault(call, []).append((keys, found))

    def recall(self, call: CallKey) -> dict[Any, Any]:
        """Each key that was asked for, with its row, its rows, None, or a Failure."""
        return {
            key: found if isinstance(found, Failure) else found.get(key)
            for keys, found in self.rows.get(call, ())
            for key in keys
        }
