"""Rows as the driver gives them, read by name."""

from operator import itemgetter
from typing import Any

import asyncpg


class Row(asyncpg.Record):
    """A record whose columns are also attributes, so that a GraphQL leaf reads `row.name`.

    Every statement has a class of its own for its rows. The first use of a column as an attribute leaves a property
    on that class, which is ten times as fast as coming here; what the statement does not select stays an
    AttributeError. Columns called like a method of records (`values`) are read by item only.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            value = self[name]
        except KeyError:
            raise AttributeError(name) from None
        cls = type(self)
        if cls is not Row:
            setattr(cls, name, property(itemgetter(name)))
        return value


def row_class() -> type[Row]:
    """A class for the rows of one statement."""
    return type("Row", (Row,), {"__slots__": ()})
