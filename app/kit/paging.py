"""Keyset paging: a cursor holds the sort values of a row, so deep pages cost as little as the first one."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import orjson

from app.kit.db import Row
from app.kit.errors import InvalidInput

MAX_PAGE: Final = 100
_TWO_TO_63: Final = 2**63


@dataclass(frozen=True)
class Page:
    """Rows of one page. columns: those that a cursor holds; cursors are made when they are asked for."""

    rows: list[Row] = field(default_factory=list[Row])
    columns: Sequence[str] = ()
    has_next: bool = False
    has_previous: bool = False
    total_count: int | None = None

    @cached_property
    def cursors(self) -> list[str]:
        """`cursors[i]` continues after `rows[i]`."""
        return [self._cursor(row) for row in self.rows]

    @property
    def start_cursor(self) -> str | None:
        """The first row's."""
        return self._cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        """The last row's."""
        return self._cursor(self.rows[-1]) if self.rows else None

    def _cursor(self, row: Row) -> str:
        return encode_cursor([row[column] for column in self.columns])


def page_size(first: int) -> int:
    """`first` when it lies in 1..100. Raises InvalidInput otherwise."""
    if not 1 <= first <= MAX_PAGE:
        message = f"first must lie between 1 and {MAX_PAGE}."
        raise InvalidInput(message, path=["first"])
    return first


def encode_cursor(values: Sequence[Any]) -> str:
    """An opaque cursor over JSON values; others, such as UUIDs, are kept as text."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values), default=str)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The values in a cursor that was made for columns of these kinds. Raises InvalidInput for any other text."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        values = None
    if (
        not isinstance(values, list)
        or [type(value) for value in values] != list(kinds)  # pyright: ignore[reportUnknownVariableType]
        or not all(_is_storable(value) for value in values)  # pyright: ignore[reportUnknownVariableType]
    ):
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"])
    return values  # pyright: ignore[reportUnknownVariableType]


def _is_storable(value: Any) -> bool:
    """Whether PostgreSQL takes the value as a parameter: a made-up cursor is refused, not a trouble of ours."""
    return "\x00" not in value if isinstance(value, str) else abs(value) < _TWO_TO_63


def make_page(
    rows: list[Row], first: int, columns: Sequence[str], *, after: str | None = None, total_count: int | None = None
) -> Page:
    """A page from up to `first + 1` rows; `columns` are the sort columns, unique together."""
    return Page(rows[:first], columns, len(rows) > first, after is not None, total_count)
