"""A small schema in memory whose context notes which functions were called, how often and with what."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission

from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.relations import Batch, Entity, make_loader, relation


class Record:
    """Columns by item, and by attribute, as rows of a database have them."""

    def __init__(self, **columns: Any) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __getattr__(self, name: str) -> Any:
        if name in self._columns:
            return self._columns[name]
        raise AttributeError(name)

    def keys(self) -> Any:
        return self._columns.keys()


@dataclass
class Context:
    """Notes every call of a batch function."""

    calls: list[tuple[str, list[Any], Any, dict[str, Any]]] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    stock: int = 10
    fails: str = ""
    loaders: dict[Any, Any] = field(default_factory=dict)

    def loader(self, batch: Batch, arguments: Any) -> Any:
        key = (id(batch), arguments)
        if key not in self.loaders:
            self.loaders[key] = make_loader(self, batch, arguments)
        return self.loaders[key]

    def note(self, name: str, keys: list[Any], columns: Any, **arguments: Any) -> None:
        self.calls.append((name, sorted(keys), columns, arguments))
        if name == self.fails:
            message = f"{name} is away"
            raise RuntimeError(message)


async def boxes_by_shelf(context: Context, keys: list[int], columns: Any, *, first: int = 2) -> dict[int, list[Record]]:
    context.note("boxes", keys, columns, first=first)
    return {key: [Record(id=key * 10 + n, shelf_id=key, label=f"b{key}{n}") for n in range(first)] for key in keys}


async def shelf_by_id(context: Context, keys: list[int], columns: Any) -> dict[int, Record]:
    context.note("shelf", keys, columns)
    return {key: Record(id=key, name=f"s{key}") for key in keys}


async def count_by_shelf(context: Context, keys: list[int], columns: Any) -> dict[int, int]:
    context.note("count", keys, columns)
    return dict.fromkeys(keys, context.stock)


@strawberry.type
class Box(Entity):
    id: strawberry.Private[int]
    shelf_id: strawberry.Private[int]
    label: str
    shelf = relation("Shelf", shelf_by_id, key=lambda row: row.shelf_id, required=True, description="Where it stands.")


@strawberry.type
class Shelf(Entity):
    id: strawberry.Private[int]
    name: str
    boxes = relation(Box, boxes_by_shelf, key=lambda row: row.id, many=True, description="What stands on it.")
    count = relation(int, count_by_shelf, key=lambda row: row.id, required=True, description="Units.")

    @strawberry.field
    def shout(self, times: int = 1) -> str:
        return self.name.upper() * times


class Never(BasePermission):
    message = "not for you"

    def has_permission(self, *_: Any, **__: Any) -> bool:
        return False


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Shelf])
    async def shelves(self, info: strawberry.Info, ids: list[int]) -> Any:
        info.context.roots.append("shelves")
        return [Record(id=key, name=f"s{key}") for key in ids]

    @strawberry.field(graphql_type=Shelf | None)
    def shelf(self, info: strawberry.Info, id: int = 1) -> Any:
        info.context.roots.append(f"shelf {getattr(info, 'columns', lambda *_: None)()}")
        return Record(id=id, name=f"s{id}")

    @strawberry.field(permission_classes=[Never])
    async def secret(self, info: strawberry.Info) -> int | None:
        info.context.roots.append("secret")
        return 1

    @strawberry.field
    async def slow(self) -> int:
        await asyncio.sleep(60)
        return 1

    @strawberry.field
    def hollow(self) -> int:
        return None  # type: ignore[return-value]


@strawberry.type
class Taken:
    shelf_id: strawberry.Private[int]
    shelf = relation(Shelf, shelf_by_id, key=lambda row: row.shelf_id, description="As it is now.")
    count = relation(int, count_by_shelf, key=lambda row: row.shelf_id, required=True, description="Units left.")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def take(self, info: strawberry.Info, units: int) -> Taken:
        info.context.roots.append(f"take {units}")
        info.context.stock -= units
        return Taken(shelf_id=1)

    @strawberry.mutation
    async def linger(self) -> int:
        await asyncio.Event().wait()
        return 1

    @strawberry.mutation
    async def drop(self, info: strawberry.Info) -> int:
        info.context.roots.append("drop")
        message = "dropped"
        raise GraphQLError(message)


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=Shelf)
    async def changed(self, times: int) -> AsyncGenerator[Any, None]:
        for key in range(times):
            yield Record(id=key, name=f"s{key}")

    @strawberry.subscription
    async def lingers(self) -> AsyncGenerator[int, None]:
        await asyncio.Event().wait()
        raise AssertionError

    @strawberry.subscription(permission_classes=[Never])
    async def hidden(self) -> AsyncGenerator[int, None]:
        yield 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


def make_engine(**options: Any) -> Engine:
    return Engine(SCHEMA, store=DocumentStore(SCHEMA._schema), publish=lambda error, _: error, **options)
