"""The whole schema over the demo shop, as something that can be compared: reads only."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.api.schema import schema
from app.engine.relations import BATCH, Batch
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.graphql.context import Context
from app.kit.ids import global_id
from app.kit.permissions import SCOPES, SHOP_SCOPES, SHOPPER, STAFF_SCOPES, Actor, ActorKind
from tests.conftest import CONFIG
from tests.demo.template import demo_database
from tests.engine.differential.answers import Subject
from tests.engine.differential.cases import Case, Size
from tests.engine.differential.choices import Choices
from tests.engine.differential.documents import Writer
from tests.engine.differential.faults import RAISES, TOGETHER, VALUES, Plan, some_faults
from tests.engine.differential.values import SCALARS, Vocabulary
from tests.engine.differential.world import Call

# Words of the shop that arguments take, some of each.
_WORDS: Final[Mapping[str, str]] = {
    "slug": "SELECT slug FROM products ORDER BY id LIMIT 6",
    "category.slug": "SELECT slug FROM categories ORDER BY id LIMIT 5",
    "sku": "SELECT sku FROM variants ORDER BY id LIMIT 12",
    "code": "SELECT code FROM locations ORDER BY id LIMIT 4",
    "group": "SELECT code FROM location_groups ORDER BY id LIMIT 3",
    "channel": "SELECT code FROM channels ORDER BY id LIMIT 3",
    "partnerCode": "SELECT code FROM partners ORDER BY id LIMIT 2",
    "number": "SELECT number FROM orders ORDER BY id LIMIT 4",
    "pickup.number": "SELECT number FROM pickups ORDER BY id LIMIT 4",
    "email": "SELECT email FROM orders WHERE email IS NOT NULL ORDER BY id LIMIT 4",
    "brand": "SELECT DISTINCT brand FROM products WHERE brand IS NOT NULL ORDER BY 1 LIMIT 3",
    "postalCode": "SELECT postal_code FROM locations WHERE postal_code IS NOT NULL ORDER BY id LIMIT 3",
}
_IDS: Final[Mapping[str, str]] = {
    "Product": "products",
    "Variant": "variants",
    "Category": "categories",
    "Location": "locations",
    "Cart": "carts",
    "Order": "orders",
    "Pickup": "pickups",
    "Transfer": "transfers",
    "Member": "members",
    "Fulfillment": "fulfillments",
    "Shipment": "shipments",
    "Partner": "partners",
}
_PAGES: Final = (
    "products",
    "locations",
    "orders",
    "pickups",
    "workInstructions",
    "members",
    "stockLevels",
    "transfers",
)
_LEFT_OUT: Final = frozenset({"_Service.sdl"})
_SELDOM: Final = frozenset(
    {"after", "product.id", "variant.id", "location.code", "order.number", "order.email", "pickup.number", "lines"}
)


def batches() -> dict[str, Batch]:
    """Every relation of the schema, by `Type.field`."""
    found: dict[str, Batch] = {}
    for name, type_ in schema._schema.type_map.items():
        for field_name, declared in getattr(type_, "fields", {}).items():
            definition = declared.extensions.get("strawberry-definition")
            batch = getattr(definition, "metadata", {}).get(BATCH)
            if batch is not None:
                found[f"{name}.{field_name}"] = batch
    return found


class Watched(Context):
    """A context that knows what happened, and what is to go wrong."""

    plan: Plan

    def watch(self, plan: Plan) -> "Watched":
        """Begin."""
        self.calls: list[Call] = []
        self.log: list[str] = []
        self.plan = plan
        return self


def _faulty(place: str, load: Callable[..., Any]) -> Callable[..., Any]:
    async def loaded(context: Any, keys: list[Any], columns: Any, **arguments: Any) -> Any:
        if not isinstance(context, Watched):
            return await load(context, keys, columns, **arguments)
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
        given = tuple(sorted((name, repr(value)) for name, value in plain.items()))
        context.calls.append(Call(place, given, tuple(keys), None if columns is None else frozenset(columns)))
        return _spoiled(context.plan, place, await load(context, keys, columns, **arguments), keys)

    return loaded


def _spoiled(plan: Plan, place: str, rows: Mapping[Any, Any], keys: list[Any]) -> dict[Any, Any]:
    found = dict(rows)
    for key in keys:
        fault = plan.at(place, key)
        if fault is None:
            continue
        if fault.kind == TOGETHER:
            raise RuntimeError(place)
        if fault.kind in RAISES:
            if fault.every == 1:
                RAISES[fault.kind]()
            found[key] = plan.value(place, key, None)
        elif fault.kind == "missing":
            found.pop(key, None)
        elif fault.kind in VALUES and fault.kind != "tuple":
            found[key] = VALUES[fault.kind]()
        else:
            odd = ValueError("one of them is an error") if "error" in fault.kind else None
            found[key] = [odd, *found[key]] if isinstance(found.get(key), list) else odd
    return found


@dataclass(frozen=True)
class RealScenario:
    """A document, who sends it, and what goes wrong."""

    case: Case
    plan: Plan
    actor: Actor
    language: str
    shop: "DemoShop"

    def subject(self) -> Subject:
        """With the faults of this scenario."""

        def context() -> Watched:
            made = Watched(
                db=self.shop.db,
                config=CONFIG,
                actor=self.actor,
                now=self.shop.now,
                language=self.language,
                channel="web",
            )
            return made.watch(self.plan)

        return Subject(schema, context)

    def __repr__(self) -> str:
        runs = "\n".join(f"{run.operation_name} {run.variables}" for run in self.case.runs)
        return f"{self.case.text}\n{runs}\nfaults: {self.plan!r} caller: {self.actor.kind} {self.language}"


@dataclass(frozen=True)
class DemoShop:
    """The demo shop and the words that make sense in it."""

    db: Database
    now: datetime
    vocabulary: Vocabulary
    actors: tuple[Actor, ...]
    places: tuple[str, ...]

    def scenario(self, choices: Choices) -> RealScenario:
        """A random one."""
        size = Size(fields=35 if choices.chance(70) else 70, depth=6)
        actor, language = choices.pick(self.actors), choices.pick(("ja", "en"))
        case = Writer(schema._schema, choices, self.vocabulary, size).case()
        plan = some_faults(choices, leaves=(), resolvers=(), batches=self.places)
        return RealScenario(case, plan, actor, language, self)


@asynccontextmanager
async def demo_shop(suffix: str) -> AsyncGenerator[DemoShop, None]:
    """A copy of the demo shop whose relations can fail by plan."""
    every = batches()
    loads = {place: batch.load for place, batch in every.items()}
    async with demo_database(suffix) as dsn:
        db = await Database.open(dsn, read_connections=4, write_connections=2)
        try:
            for place, batch in every.items():
                object.__setattr__(batch, "load", _faulty(place, batch.load))
            partner_id = await _value(db, "SELECT id FROM partners ORDER BY id LIMIT 1")
            staff = Actor(ActorKind.STAFF, "key:staff", frozenset(STAFF_SCOPES))
            actors = (
                staff,
                staff,
                staff,
                SHOPPER,
                Actor(ActorKind.PARTNER, "key:partner", frozenset(SCOPES) - SHOP_SCOPES, partner_id),
            )
            yield DemoShop(db, utc_now(), await _vocabulary(db, staff), actors, tuple(sorted(every)))
        finally:
            for place, batch in every.items():
                object.__setattr__(batch, "load", loads[place])
            await db.close()


async def _value(db: Database, query: str) -> Any:
    async with db.read() as tx:
        return await tx.connection.fetchval(query)


async def _column(db: Database, query: str) -> list[Any]:
    async with db.read() as tx:
        return [row[0] for row in await tx.connection.fetch(query)]


async def _vocabulary(db: Database, staff: Actor) -> Vocabulary:
    words: dict[str, Any] = {name: [*(await _column(db, query)), "nothing"] for name, query in _WORDS.items()}
    every: list[str] = []
    for typename, table in _IDS.items():
        keys = await _column(db, f"SELECT id FROM {table} ORDER BY id LIMIT 4")
        ids = [global_id(typename, key) for key in keys]
        every += ids[:2]
        words[f"{typename[0].lower()}{typename[1:]}.id"] = [*ids, "nothing"]
        words[f"{typename[0].lower()}{typename[1:]}Id"] = [*ids, "nothing"]
    words |= {"id": [*every, "nothing"], "ids": every, "skus": words["sku"], "locationIds": words["locationId"]}
    words |= {"slugs": words["slug"], "codes": words["code"], "categorySlug": words["category.slug"]}
    words |= {"fromLocationId": words["locationId"], "toLocationId": words["locationId"]}
    words |= {"first": [2, 1, 3, 5, 4, 1, 0], "search": ["茶", "tea", "x y", ""], "prefecture": [13, 27, 99]}
    words |= {**await _cursors(db, staff), "quantity": [1, 2, 999]}
    scalars = {**SCALARS, "_Any": [{"__typename": "Product", "id": each} for each in words["product.id"]]}
    return Vocabulary(scalars, words, _LEFT_OUT, _SELDOM)


async def _cursors(db: Database, staff: Actor) -> dict[str, list[str]]:
    pages = " ".join(f"{name}(first: 2) {{ pageInfo {{ endCursor }} }}" for name in _PAGES)
    context = Context(db=db, config=CONFIG, actor=staff, now=utc_now(), language="ja", channel="web")
    result: Any = await schema.execute(f"{{ {pages} }}", context_value=context)
    assert result.errors is None, result.errors
    return {f"{name}.after": [page["pageInfo"]["endCursor"] or "nothing"] for name, page in result.data.items()}
