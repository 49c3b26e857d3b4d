"""A schema in memory with everything that declarations may contain: its types."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.scalars import JSON

from app.engine.relations import Entity, relation
from tests.engine.differential import synthetic_batches as batches
from tests.engine.differential.synthetic_batches import HashableInput, LanguageCode
from tests.engine.differential.synthetic_pages import Connection, connection
from tests.engine.differential.world import Color, Size, act, chance, declare

HERE = "tests.engine.differential.synthetic"
strawberry.enum(Color)
strawberry.enum(Size)
AShelf = Annotated["Shelf", strawberry.lazy(HERE)]
AnItem = Annotated["Item", strawberry.lazy(HERE)]


class MustBeAllowed(BasePermission):
    """Refuses with an error of its own."""

    def has_permission(self, _source: Any, info: Any, **_: Any) -> bool:
        """Whether the context may."""
        if not info.context.may:
            raise GraphQLError("This is not for you.", extensions={"code": "FORBIDDEN"})
        return True


class IsAllowed(BasePermission):
    """Refuses with strawberry's error."""

    message = "Not allowed."
    error_extensions = {"code": "NO"}  # noqa: RUF012  # as strawberry declares it

    def has_permission(self, _source: Any, info: Any, **_: Any) -> bool:
        """Whether the context may."""
        return bool(info.context.may)


class IsAllowedLater(IsAllowed):
    """Has to wait before it knows."""

    async def has_permission(self, _source: Any, info: Any, **_: Any) -> bool:
        """Whether the context may."""
        await info.context.pause()
        return bool(info.context.may)


class Doubled(FieldExtension):
    """Something around a resolver that nobody compiles."""

    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        """Twice the text."""
        found = next_(source, info, **arguments)
        return found * 2 if isinstance(found, str) else found


declare(
    "Shelf.doubled",
    "Money.formatted",
    "Shelf.price",
    "Shelf.maybePrice",
    "Shelf.later",
    "Shelf.secret",
    "Shelf.page",
    "Thing.label",
)
declare("Item.describe", "Shelf.echoed", "Book.pages", "Shelf.found", "Tool.label")


@strawberry.type
class Money:
    """A plain object."""

    amount: int
    currency: str

    @strawberry.field
    def formatted(self) -> str:
        """Without info."""
        return act("Money.formatted", self.amount, f"{self.currency} {self.amount:,}")


@strawberry.interface
class Thing:
    """Has a resolver and a relation for all that implement it."""

    shelf_key: strawberry.Private[int | None]
    id: strawberry.ID
    shelf = relation(AShelf, batches.shelves_by_key, key=lambda row: row.shelf_key, description="Where it stands.")

    @strawberry.field
    def label(self, info: strawberry.Info[Any, None], loud: bool | None = None) -> str | None:
        """With info and an argument."""
        text = f"{info.field_name} of {self.id}"
        return act("Thing.label", self.id, text.upper() if loud else text)


@strawberry.type
class Book(Thing):
    """Objects are instances of the class."""

    @strawberry.field
    def pages(self) -> int:
        """A number."""
        return act("Book.pages", self.id, 100)

    author = relation(
        Annotated["Person", strawberry.lazy(HERE)],
        batches.people_by_key,
        key=lambda row: row.shelf_key,
        required=True,
        description="Who wrote it.",
    )


@strawberry.type
class Tool(Entity, Thing):
    """Objects are rows that name their type."""

    id: strawberry.ID = strawberry.field(
        resolver=lambda root: strawberry.ID(f"tool-{root.key}"), graphql_type=strawberry.ID
    )
    power: float

    @strawberry.field
    def label(self, loud: bool | None = None) -> str:
        """A field of the interface, made anew: never null, and a wider argument."""
        return act("Tool.label", self.key, f"{type(self.label_text)} {loud}")  # type: ignore[attr-defined]


@strawberry.type
class Toy(Entity, Thing):
    """Objects are slotted dataclasses that name their type."""

    safe: bool
    color: Color | None


ThingOrMoney = Annotated[Book | Tool | Toy | Money, strawberry.union("ThingOrMoney")]


@strawberry.type
class Person(Entity):
    """A row."""

    key: int
    name: str
    email: str | None
    shelves = relation(AShelf, batches.shelves_of_person, key=lambda row: row.key, many=True, description="Owned.")
    friend = relation(
        Annotated["Person", strawberry.lazy(HERE)],
        batches.friends,
        key=lambda row: row.key,
        description="Perhaps.",
    )


@strawberry.type
class Item(Entity):
    """A slotted dataclass."""

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Of its key."""
        return strawberry.ID(f"item-{self.key}")  # type: ignore[attr-defined]

    title: str
    price: int | None
    color: Color
    kind: str = strawberry.field(resolver=lambda: "ITEM", graphql_type=str)
    shelf = relation(AShelf, batches.shelves_by_key, key=lambda row: row.shelf_key, required=True, description="Its.")
    maker = relation(Person, batches.people_by_key, key=lambda row: row.maker_key, description="Who made it.")
    twins = relation(AnItem, batches.twins, key=lambda row: row.key, many=True, description="Alike.")

    @strawberry.field
    def describe(self, info: strawberry.Info[Any, None], times: int = 1, words: list[str] | None = None) -> str:
        """What arguments look like to a resolver."""
        title = self.title if isinstance(self.title, str) else type(self.title).__name__
        text = f"{title} {times} {words!r} {info.context.language}"
        return act("Item.describe", self.key, text)  # type: ignore[attr-defined]


def localized(column: str) -> Any:
    """A text in the language of an argument or of the request."""

    def resolve(root: Any, info: strawberry.Info[Any, None], language: LanguageCode | None = None) -> Any:
        return getattr(root, column)[str(language.value) if language else info.context.language]

    return strawberry.field(resolver=resolve, graphql_type=str)


@strawberry.type
class Shelf(Entity):
    """A record with all kinds of leaves, objects and relations."""

    id: strawberry.ID = strawberry.field(
        resolver=lambda root: strawberry.ID(str(root.number)), graphql_type=strawberry.ID
    )
    number: int
    name = localized("names")
    color: Color
    size: Size | None
    created_at: datetime
    day: date | None
    weight: Decimal
    ratio: float
    uid: UUID
    extra: JSON | None
    tags: list[str]
    matrix: list[list[int]]
    holes: list[int | None] | None
    is_open: bool = strawberry.field(resolver=lambda root: root.open, graphql_type=bool)
    echo: str
    owner_key: strawberry.Private[int | None]
    items = relation(AnItem, batches.items_of_shelf, key=lambda row: row.number, many=True, description="On it.")
    first_item = relation(Item, batches.first_items, key=lambda row: row.number, required=True, description="One.")
    owner = relation(Person, batches.people_by_key, key=lambda row: row.owner_key, description="Perhaps.")
    next = relation(AShelf, batches.shelves_by_key, key=lambda row: row.number + 1, description="The next one.")
    next_again = relation(
        AShelf, batches.shelves_by_key, key=lambda row: row.number + 1, required=True, description="!"
    )
    neighbors = relation(AShelf, batches.neighbors, key=lambda row: row.number, many=True, description="Beside.")
    things = relation(Thing, batches.things_of_shelf, key=lambda row: row.number, many=True, description="Mixed.")
    main_thing = relation(Thing, batches.main_things, key=lambda row: row.number, description="One of any type.")
    hidden = relation(
        AnItem,
        batches.items_near,
        key=lambda row: (row.number, row.color),
        many=True,
        description="Keys are tuples, and an argument is an object.",
    )

    @strawberry.field
    def price(self) -> Money:
        """A plain object below a row."""
        return act("Shelf.price", self.number, Money(amount=self.number * 10, currency="JPY"))

    @strawberry.field
    def maybe_price(self, least: int = 0) -> Money | None:
        """Perhaps."""
        price = self.number * 10
        return act("Shelf.maybePrice", self.number, Money(amount=price, currency="JPY") if price >= least else None)

    @strawberry.field
    async def later(self, info: strawberry.Info[Any, None]) -> str | None:
        """Rare, but allowed."""
        await info.context.pause()
        return act("Shelf.later", self.number, f"later {self.number}")

    @strawberry.field(permission_classes=[MustBeAllowed])
    def secret(self) -> str | None:
        """Not for all."""
        return act("Shelf.secret", self.number, "secret")

    @strawberry.field(permission_classes=[IsAllowed])
    def required_secret(self) -> str:
        """Not for all, and never null."""
        return act("Shelf.secret", self.number, "secret")

    @strawberry.field(permission_classes=[IsAllowedLater])
    def slow_secret(self, times: int = 1) -> str | None:
        """The permission waits, the resolver does not."""
        return act("Shelf.secret", self.number, "slow" * max(min(times, 2), 0))

    @strawberry.field(extensions=[Doubled()])
    def doubled(self, text: str = "d") -> str | None:
        """With an extension."""
        return act("Shelf.doubled", self.number, text)

    @strawberry.field(graphql_type=Connection[AnItem])
    def page(self, first: int = 2, after: str | None = None) -> Any:
        """A plain tree around rows."""
        items = [batches.world.item(self.number * 10 + number) for number in range(min(max(first, 0), 3))]
        return act("Shelf.page", self.number, connection(items, after))

    @strawberry.field
    def echoed(
        self, input: HashableInput | None = None, size: Size = Size.SMALL, sizes: list[Size] | None = None
    ) -> str:
        """What a resolver is given."""
        shown = [each.name if isinstance(each, Enum) else each for each in (size, *(sizes or []))]
        return act("Shelf.echoed", self.number, f"{input!r} {shown!r} {sizes is None}")

    @strawberry.field(graphql_type=list[ThingOrMoney | None] | None)
    def found(self) -> Any:
        """A union, with objects of all makes."""
        made: list[Any] = [batches.thing(self.number * 10 + number) for number in range(chance(self.number, of=4))]
        return act("Shelf.found", self.number, [*made, Money(amount=1, currency="EUR"), None])
