"""The synthetic schema: its root fields."""

from collections.abc import AsyncGenerator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from graphql import OperationType
from strawberry.scalars import JSON

from app.engine.relations import relation
from tests.engine.differential import synthetic_batches as batches
from tests.engine.differential import world
from tests.engine.differential.synthetic import (
    AShelf,
    Book,
    Entity,
    IsAllowed,
    Item,
    Money,
    MustBeAllowed,
    Shelf,
    Thing,
    ThingOrMoney,
    Tool,
    Toy,
)
from tests.engine.differential.synthetic_batches import EitherInput, HashableInput, LanguageCode
from tests.engine.differential.synthetic_pages import Connection, connection
from tests.engine.differential.synthetic_strange import Strange, make_strange
from tests.engine.differential.values import SCALARS, Vocabulary
from tests.engine.differential.world import Color, Context, act, declare

Info = strawberry.Info[Context, None]


def _field(name: str, type_: Any, value: Any, **settings: Any) -> Any:
    """A root field without arguments that waits and then answers as the plan says."""
    declare(f"Query.{name}")

    async def resolve(info: Info) -> Any:
        await info.context.pause()
        return act(f"Query.{name}", 0, value())

    return strawberry.field(resolver=resolve, graphql_type=type_, **settings)


@strawberry.type
class Query:
    """Sync and async, plain and guarded."""

    version: str = strawberry.field(resolver=lambda: act("Query.version", 0, "1"), graphql_type=str)
    strange = _field("strange", Strange, make_strange)
    maybe_strange = _field("maybeStrange", Strange | None, make_strange)
    strangers = _field("strangers", list[Strange | None], lambda: [make_strange(), None, make_strange()])
    things = _field("things", list[Thing], lambda: [batches.thing(number) for number in (1, 2, 3, 4)])
    maybe_things = _field("maybeThings", list[Thing | None] | None, lambda: [batches.thing(7), None, batches.thing(9)])
    found = _field(
        "found", list[ThingOrMoney], lambda: [batches.thing(5), Money(amount=5, currency="JPY"), batches.thing(6)]
    )
    one = _field("one", ThingOrMoney | None, lambda: batches.thing(8))
    grid = _field("grid", list[list[AShelf | None]] | None, lambda: [[world.shelf(1), None], [], [world.shelf(2)]])
    loose = _field(
        "loose", list[list[Item] | None] | None, lambda: [[world.item(3)], None, [world.item(4), world.item(5)]]
    )
    secret = _field("secret", str | None, lambda: "secret", permission_classes=[MustBeAllowed])
    secret_shelf = _field("secretShelf", Shelf, lambda: world.shelf(3), permission_classes=[IsAllowed])

    @strawberry.field(graphql_type=Shelf | None)
    async def shelf(self, info: Info, key: int = 1) -> Any:
        """One row, or none."""
        await info.context.pause()
        return act("Query.shelf", key, world.shelf(key))

    @strawberry.field(graphql_type=Shelf)
    def sure_shelf(self, key: int) -> Any:
        """Not async; null where there is none, which it must not be."""
        return act("Query.sureShelf", key, world.shelf(key))

    @strawberry.field(graphql_type=list[Shelf])
    async def shelves(self, info: Info, first: int = 3, colors: list[Color] | None = None) -> Any:
        """Several rows."""
        await info.context.pause()
        wanted = [world.shelf(key) for key in range(1, min(first, 4) + 1)]
        return act("Query.shelves", first, [row for row in wanted if row and (not colors or row.color in colors)])

    @strawberry.field(graphql_type=list[Shelf | None])
    async def shelves_by_id(self, ids: list[strawberry.ID]) -> Any:
        """Rows and nulls."""
        return act("Query.shelvesById", 0, [world.shelf(int(each)) if each.isdigit() else None for each in ids[:4]])

    @strawberry.field(graphql_type=list[Shelf | None] | None)
    async def stream(self, info: Info, first: int = 2) -> Any:
        """A list that comes bit by bit."""

        async def each() -> AsyncGenerator[Any, None]:
            for key in range(min(first, 4)):
                await info.context.pause()
                yield act("Query.stream", key, world.shelf(key))

        return each()

    @strawberry.field(graphql_type=Connection[AShelf])
    async def page(self, info: Info, first: int = 2, after: str | None = None, like: EitherInput | None = None) -> Any:
        """A plain tree around rows."""
        await info.context.pause()
        rows = [world.shelf(key) for key in range(1, min(max(first, 0), 3) + 1)]
        return act("Query.page", 0, connection(rows, f"{after} {like!r}"))

    @strawberry.field
    def echo(  # noqa: PLR0917  # strawberry passes by name
        self,
        input: HashableInput | None = strawberry.UNSET,
        either: EitherInput | None = None,
        language: LanguageCode | None = LanguageCode.EN,
        when: datetime | None = None,
        day: date | None = None,
        amount: Decimal = Decimal("1.50"),
        uid: UUID | None = None,
        any: JSON | None = None,
        ratio: float = 1,
        flag: bool = False,  # noqa: FBT002
        id: strawberry.ID | None = None,
        matrix: list[list[int]] | None = None,
        inputs: list[HashableInput] | None = None,
        words: Annotated[list[str | None] | None, strawberry.argument(name="class")] = None,
    ) -> str:
        """Every argument, as it arrives."""
        return f"{[input, either, language, when, day, amount, uid, any, ratio, flag, id, matrix, inputs, words]!r}"


declare(
    "Query.version",
    "Query.shelf",
    "Query.sureShelf",
    "Query.shelves",
    "Query.shelvesById",
    "Query.page",
    "Query.stream",
)
declare("Mutation.bump", "Mutation.bumpSync", "Mutation.reset", "Subscription.ticks", "Subscription.event")


@strawberry.interface
class Complaint:
    """A refusal as data."""

    code: str
    path: list[str] | None


@strawberry.type
class GenericComplaint(Complaint):
    """Nothing more."""


@strawberry.type
class LimitComplaint(Complaint):
    """With facts and a relation."""

    limit: int
    shelf = relation(AShelf, batches.shelves_by_key, key=lambda row: row.limit, description="The one.")


@strawberry.type
class Counter(Entity):
    """What mutations change."""

    name: str
    value: int


@strawberry.interface
class Payload:
    """What every mutation answers."""

    complaints: list[Complaint]
    replayed: bool = False


@strawberry.type
class BumpPayload(Payload):
    """Its counter is read after the change."""

    counter_name: strawberry.Private[str | None] = None
    counter = relation(Counter, batches.counters_by_name, key=lambda row: row.counter_name, description="As it is now.")
    counters = relation(
        Counter, batches.counters_by_name, key=lambda row: row.counter_name, required=True, description="Once more."
    )


def _bump(context: Context, name: str, by: int) -> BumpPayload:
    if by > 2:
        complaints: list[Any] = [
            GenericComplaint(code="MANY", path=None),
            LimitComplaint(code="X", path=["by"], limit=2),
        ]
        return BumpPayload(complaints=complaints)
    context.counters[name] = context.counters.get(name, 0) + by
    context.committed(f"{name} {by}")
    return BumpPayload(complaints=[], counter_name=name)


@strawberry.type
class Mutation:
    """One after another."""

    @strawberry.mutation
    async def bump(self, info: Info, name: str = "a", by: int = 1) -> BumpPayload:
        """Waits before and after it has changed something."""
        await info.context.pause()
        payload = _bump(info.context, name, by)
        await info.context.pause()
        return act("Mutation.bump", name, payload)

    @strawberry.mutation
    def bump_sync(self, info: Info, name: str = "a", by: int = 1) -> BumpPayload | None:
        """Not async."""
        return act("Mutation.bumpSync", name, _bump(info.context, name, by))

    @strawberry.mutation
    async def reset(self, info: Info) -> int:
        """A leaf."""
        info.context.counters.clear()
        info.context.committed("reset")
        return act("Mutation.reset", 0, 0)


@strawberry.type
class Tick:
    """An event."""

    number: int
    shelf = relation(AShelf, batches.shelves_by_key, key=lambda row: row.number, description="Of this number.")
    sure_shelf = relation(
        AShelf, batches.shelves_by_key, key=lambda row: row.number, required=True, description="Of this number."
    )


@strawberry.type
class Subscription:
    """Streams of a few events."""

    @strawberry.subscription
    async def ticks(self, info: Info, first: int = 2) -> AsyncGenerator[Tick, None]:
        """Objects."""
        act("Subscription.ticks", "start", None)
        for number in range(6, 6 + min(max(first, 0), 4)):
            await info.context.pause()
            yield world.PLAN.get().value("Subscription.event", number, Tick(number=number))

    @strawberry.subscription(graphql_type=Shelf | None)
    async def shelf_changed(self, keys: list[int]) -> AsyncGenerator[Any, None]:
        """Rows."""
        for key in keys[:3]:
            yield world.shelf(key)

    @strawberry.subscription
    async def numbers(self) -> AsyncGenerator[int, None]:
        """Leaves."""
        for number in range(2):
            yield world.PLAN.get().value("Subscription.event", number, number)


SCHEMA: Final = strawberry.Schema(
    Query, Mutation, Subscription, types=[Book, Tool, Toy, GenericComplaint, LimitComplaint]
)
VOCABULARY: Final = Vocabulary(
    SCALARS,
    {
        "first": [2, 1, 3, 0],
        "key": [1, 2, 3, 4, 9],
        "keys": [1, 2, 8, 9],
        "steps": [1, 2, 0, 9],
        "ids": ["1", "3", "x", 4],
        "by": [1, 2, 3],
    },
)
KINDS: Final = (
    *[OperationType.QUERY] * 7,
    *[OperationType.MUTATION] * 2,
    OperationType.SUBSCRIPTION,
)
