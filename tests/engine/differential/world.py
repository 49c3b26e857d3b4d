"""The data behind the synthetic schema: rows of several makes, the same for the same key, and their faults."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from app.engine.relations import Batch, TypedRow, make_loader
from tests.engine.differential.faults import RAISES, TOGETHER, VALUES, Odd, Plan

SHELVES, PEOPLE = 8, 5
PLAN: ContextVar[Plan] = ContextVar("PLAN", default=Plan())  # noqa: B039  # a plan never changes
LEAVES: Final[set[str]] = set()
RESOLVERS: Final[set[str]] = set()
BATCHES: Final[set[str]] = set()


class Color(StrEnum):
    """Values equal to their names: rows may hold the text."""

    RED = "RED"
    GREEN = "GREEN"
    BLUE = "BLUE"


class Size(Enum):
    """Values unlike their names."""

    SMALL = "s"
    LARGE = "l"
    THIRD = 3


class Record:
    """Like a row of a driver: read by column and by attribute, neither a mapping nor a dataclass."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._columns[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns.values())

    def keys(self) -> Iterator[str]:
        """The columns."""
        return iter(self._columns.keys())


@dataclass(slots=True)
class ItemRow:
    """A row that is a slotted dataclass."""

    key: int
    title: Any
    price: Any
    shelf_key: Any
    maker_key: Any
    color: Any


@dataclass(frozen=True)
class Call:
    """One call of a batch function."""

    place: str
    arguments: tuple[tuple[str, Any], ...]
    keys: tuple[Any, ...]
    columns: frozenset[str] | None


@dataclass(eq=False)
class Context:
    """What an operation knows."""

    plan: Plan = field(default_factory=Plan)
    may: bool = True
    language: str = "ja"
    counters: dict[str, int] = field(default_factory=dict[str, int])
    calls: list[Call] = field(default_factory=list[Call])
    log: list[str] = field(default_factory=list[str])
    loaders: dict[Any, Any] = field(default_factory=dict[Any, Any])

    def loader(self, batch: Batch, arguments: tuple[tuple[str, Any], ...]) -> Any:
        """As the engine wants it."""
        key = (id(batch), arguments)
        if key not in self.loaders:
            self.loaders[key] = make_loader(self, batch, arguments)
        return self.loaders[key]

    def committed(self, what: str) -> None:
        """Something changed: what was loaded before is not read any more."""
        self.log.append(what)
        self.loaders.clear()

    async def pause(self) -> None:
        """Wait for something."""
        await asyncio.sleep(0)


def chance(*what: Any, of: int) -> int:
    """A number below `of` that depends on nothing else."""
    return crc32(re.sub(" at 0x[0-9a-f]+", "", "/".join(map(str, what))).encode()) % of


def leaf(place: str, key: Any, good: Any) -> Any:
    """A column's value, or what the plan has in its place."""
    LEAVES.add(place)
    return PLAN.get().value(place, key, good)


def act(place: str, key: Any, good: Any) -> Any:
    """What a resolver returns, unless the plan has something else."""
    return PLAN.get().run(place, key, good)


def declare(*resolvers: str) -> None:
    """Places of resolvers, so that a plan can name them before they ran."""
    RESOLVERS.update(resolvers)


async def rows(
    context: Context,
    place: str,
    keys: Sequence[Any],
    columns: Any,
    make: Callable[[Any], Any],
    **arguments: Any,
) -> dict[Any, Any]:
    """The work of a batch function: rows by key, or what the plan says."""
    # The reference executor's loaders need arguments that can be keys: lists come as tuples there.
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
    given = tuple(sorted((name, repr(value)) for name, value in plain.items()))
    wanted = None if columns is None else frozenset(columns)
    context.calls.append(Call(place, given, tuple(keys), wanted))
    await context.pause()
    plan = context.plan
    found: dict[Any, Any] = {}

    def made(key: Any) -> Any:
        try:
            return make(key)
        except Exception as error:  # noqa: BLE001  # an odd key spoils nobody else's row
            return error

    faults = [plan.at(place, key) for key in keys]
    if any(fault is not None and fault.kind == TOGETHER for fault in faults):
        message = f"{place} cannot be asked for one of these"
        raise RuntimeError(message)
    for key in keys:
        fault = plan.at(place, key)
        if fault is None:
            if (row := made(key)) is not None:
                found[key] = row
        elif fault.kind in RAISES:
            if fault.every == 1:
                RAISES[fault.kind]()
            found[key] = plan.value(place, key, None)
        elif fault.kind in VALUES:
            good = made(key) if fault.kind == "tuple" else None
            found[key] = tuple(good) if isinstance(good, list) else VALUES[fault.kind]()
        elif fault.kind != "missing":
            good = made(key)
            odd = None if fault.kind == "with a null" else ValueError("one of them is an error")
            found[key] = [*good[:1], odd, *good[1:]] if isinstance(good, list) else odd
    return found if wanted is None else {key: _narrowed(row, wanted) for key, row in found.items()}


def _narrowed(row: Any, columns: frozenset[str]) -> Any:
    """With the wanted columns only, as a statement would give it."""
    if isinstance(row, list):
        return [_narrowed(each, columns) for each in row]
    if isinstance(row, Record):
        return Record({name: value for name, value in row._columns.items() if name in columns})
    if isinstance(row, TypedRow):
        return TypedRow(_narrowed(row._row, columns), row.typename__)
    if isinstance(row, ItemRow):
        return replace(row, **{one.name: Odd() for one in fields(row) if one.name not in columns})
    return row


def shelf(key: int, echo: str = "") -> Record | None:
    """A shelf; None where there is none."""
    if not 1 <= key <= SHELVES:
        return None
    columns: dict[str, Any] = {
        "number": key,
        "names": {"ja": f"棚{key}", "en": f"shelf {key}"},
        "color": ["RED", Color.GREEN, "BLUE"][key % 3],
        "size": list(Size)[key % 3],
        "created_at": datetime(2026, 1, key, 3, 30, tzinfo=UTC) + timedelta(microseconds=key % 2),
        "day": date(2026, 2, key),
        "weight": Decimal(key) / 8,
        "ratio": key / 4,
        "uid": UUID(int=key),
        "extra": {"key": key, "deep": [None, {"x": 1.5}]},
        "tags": [f"tag{number}" for number in range(key % 4)],
        "matrix": [[row * column for column in range(key % 3)] for row in range(2)],
        "holes": [None, key] if key % 2 else None,
        "open": key % 2 == 0,
        "owner_key": None if key % 4 == 0 else chance("owner", key, of=PEOPLE + 2),
        "echo": echo,
    }
    return Record({name: leaf(f"Shelf.{name}", key, value) for name, value in columns.items()})


def item(key: int) -> ItemRow:
    """An item; it exists whatever its key."""
    return ItemRow(
        key,
        leaf("Item.title", key, f"item {key}"),
        leaf("Item.price", key, key * 100),
        leaf("Item.shelf_key", key, key // 10),
        leaf("Item.maker_key", key, chance("maker", key, of=PEOPLE + 3) or None),
        leaf("Item.color", key, Color.BLUE if key % 2 else "GREEN"),
    )


def person(key: int) -> Record | None:
    """A person; None where there is none."""
    if not 1 <= key <= PEOPLE:
        return None
    columns = {"key": key, "name": f"person {key}", "email": None if key % 2 else f"p{key}@example.test"}
    return Record({name: leaf(f"Person.{name}", key, value) for name, value in columns.items()})


def tool(key: int) -> TypedRow:
    """A row that names its type, of a record."""
    columns = {"key": key, "label_text": f"tool {key}", "power": key * 1.5, "shelf_key": key % 11 or None}
    row = Record({name: leaf(f"Tool.{name}", key, value) for name, value in columns.items()})
    return TypedRow(row, leaf("Tool.typename", key, "Tool"))
