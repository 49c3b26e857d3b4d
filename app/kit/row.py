"""Rows as the driver gives them, read by name."""

from collections.abc import Callable
from functools import lru_cache, partial
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


@lru_cache(maxsize=1024)
def shape(names: tuple[str, ...]) -> Callable[[tuple[Any, ...]], Any]:
    """Makes of a tuple an object with these attributes: a part of a row that stands for a row of its own."""
    properties = {name: property(itemgetter(place)) for place, name in enumerate(names)}
    return partial(tuple.__new__, type("Part", (tuple,), {"__slots__": (), **properties}))
