"""The relations of the synthetic schema."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import strawberry

from tests.engine.differential import world
from tests.engine.differential.world import BATCHES, Color, Context, chance, leaf, rows

Columns = set[str]


@strawberry.enum
class LanguageCode(Enum):
    """Values unlike their names."""

    JA = "ja"
    EN = "en"


@strawberry.input
class InnerInput:
    """Inside of another one."""

    number: int = 3
    text: str | None = strawberry.UNSET
    language: LanguageCode | None = None

    def __hash__(self) -> int:
        return hash(self.number)


@strawberry.input(one_of=True)
class EitherInput:
    """Exactly one of them."""

    text: str | None = strawberry.UNSET
    inner: InnerInput | None = strawberry.UNSET

    def __hash__(self) -> int:
        return 1


@strawberry.input
class HashableInput:
    """An argument of relations must be hashable."""

    name: str
    numbers: list[int] | None = None
    inner: InnerInput = strawberry.field(default_factory=InnerInput)
    either: EitherInput | None = strawberry.UNSET
    matrix: list[list[int | None]] | None = strawberry.UNSET
    color: Color = Color.RED

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(slots=True)
class ToyRow:
    """A row that is a dataclass and names its type."""

    id: Any
    safe: Any
    color: Any
    shelf_key: Any
    typename__: Any = "Toy"

    def label(self, *_: Any, **__: Any) -> str:
        """Never called: the type has a resolver of its own."""
        raise AssertionError


def thing(key: int) -> Any:
    """A book, a tool or a toy, by its key."""
    from tests.engine.differential.synthetic import Book  # noqa: PLC0415  # a book is an instance of its class

    kind = chance("thing", key, of=3)
    if kind == 0:
        return Book(id=leaf("Book.id", key, strawberry.ID(f"book-{key}")), shelf_key=leaf("Book.shelf", key, key % 9))
    if kind == 1:
        return world.tool(key)
    color = leaf("Toy.color", key, None if key % 2 else "RED")
    return ToyRow(leaf("Toy.id", key, key), leaf("Toy.safe", key, key % 2 == 0), color, leaf("Toy.shelf", key, None))


def _some(what: str, key: Any, first: int, make: Any) -> list[Any] | None:
    """Up to three rows; no list for one key in six."""
    count = chance(what, key, of=6)
    return None if count == 5 else [make(number) for number in range(min(count, 3, max(first, 0)))]


async def shelves_by_key(context: Context, keys: list[Any], columns: Columns | None) -> dict[Any, Any]:
    """One row per key."""
    return await rows(context, "shelves_by_key", keys, columns, world.shelf)


async def people_by_key(context: Context, keys: list[Any], columns: Columns | None) -> dict[Any, Any]:
    """One row per key; several relations use it."""
    return await rows(context, "people_by_key", keys, columns, world.person)


async def shelves_of_person(context: Context, keys: list[Any], columns: Columns | None) -> dict[Any, Any]:
    """Many rows without arguments."""
    return await rows(
        context,
        "shelves_of_person",
        keys,
        columns,
        lambda key: _some("owned", key, 3, lambda number: world.shelf((key + number) % 8 + 1)),
    )


async def friends(context: Context, keys: list[Any], columns: Columns | None) -> dict[Any, Any]:
    """The same type again, for some."""
    return await rows(context, "friends", keys, columns, lambda key: world.person((key * 2) % 7))


async def items_of_shelf(
    context: Context,
    keys: list[Any],
    columns: Columns | None,
    *,
    first: Annotated[int, strawberry.argument(description="How many.")] = 2,
    colors: list[Color] | None = None,
    words: list[str] | None = None,
) -> dict[Any, Any]:
    """Many rows with arguments."""

    def make(key: int) -> Any:
        return _some("items", key, first, lambda number: world.item(key * 10 + number))

    return await rows(context, "items_of_shelf", keys, columns, make, first=first, colors=colors, words=words)


async def first_items(
    context: Context, keys: list[Any], columns: Columns | None, *, size: int | None = 1
) -> dict[Any, Any]:
    """A row that always exists."""
    return await rows(context, "first_items", keys, columns, lambda key: world.item(key * 10), size=size)


async def twins(
    context: Context, keys: list[Any], columns: Columns | None, *, first: int | None = None
) -> dict[Any, Any]:
    """A type below itself."""

    def make(key: int) -> Any:
        return _some("twins", key, 2 if first is None else first, lambda number: world.item((key + number) % 80))

    return await rows(context, "twins", keys, columns, make, first=first)


async def neighbors(
    context: Context, keys: list[Any], columns: Columns | None, *, steps: int, note: str = "none"
) -> dict[Any, Any]:
    """A required argument; rows tell their arguments; rows of two parents are one object."""
    shared: dict[int, Any] = {}

    def make(key: int) -> Any:
        near = [number for number in (key - steps, key + steps) if 1 <= number <= world.SHELVES]
        return [shared.setdefault(number, world.shelf(number, f"{steps} {note}")) for number in near]

    return await rows(context, "neighbors", keys, columns, make, steps=steps, note=note)


async def things_of_shelf(
    context: Context, keys: list[Any], columns: Columns | None, *, first: int = 3
) -> dict[Any, Any]:
    """Rows of several types."""

    def make(key: int) -> Any:
        return _some("things", key, first, lambda number: thing(key * 10 + number))

    return await rows(context, "things_of_shelf", keys, columns, make, first=first)


async def main_things(context: Context, keys: list[Any], columns: Columns | None) -> dict[Any, Any]:
    """One row of some type."""
    return await rows(context, "main_things", keys, columns, lambda key: None if key == 3 else thing(key))


async def items_near(
    context: Context,
    keys: list[Any],
    columns: Columns | None,
    *,
    near: HashableInput | None = None,
    language: LanguageCode = LanguageCode.JA,
) -> dict[Any, Any]:
    """Keys are tuples; an argument is an object."""

    def make(key: tuple[int, str]) -> Any:
        return [world.item(key[0] * 10 + len(near.name if near else "") + (language is LanguageCode.EN))]

    return await rows(context, "items_near", keys, columns, make, near=near, language=language)


async def counters_by_name(context: Context, keys: list[Any], columns: Columns | None) -> dict[Any, Any]:
    """State that mutations change."""
    return await rows(
        context,
        "counters_by_name",
        keys,
        columns,
        lambda key: world.Record({"name": key, "value": leaf("Counter.value", key, context.counters.get(key, 0))}),
    )


BATCHES.update(
    name
    for name, value in list(globals().items())
    if list(getattr(value, "__annotations__", ()))[:2] == ["context", "keys"]
)
