"""The shop as a subgraph: the SDL that gateways compose, and entities by keys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from difflib import unified_diff
from typing import Any

import pytest
from graphql import build_schema, parse, print_ast, strip_ignored_characters

from app.api.federation import LINK
from app.api.schema import schema
from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from tests.carts.builders import make_cart, make_goods, make_shop
from tests.catalog.builders import make_product, make_variant
from tests.catalog.shop import open_channel
from tests.conftest import Count, Execute
from tests.locations.builders import make_location
from tests.orders.builders import make_ground, make_order

STAFF = Actor(ActorKind.STAFF, "key:staff", frozenset({"stock:read"}))
ENTITIES = """query ($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename
  ... on Product { id slug variants { sku } }
  ... on Variant { id sku product { slug } }
  ... on Location { id code }
  ... on Order { id number }
  ... on Cart { id lines { sku } }
} }"""


def sdl() -> str:
    return schema.subgraph_sdl()


async def entities(execute: Execute, *representations: Any, **context: Any) -> list[Any]:
    return (await execute(ENTITIES, {"representations": list(representations)}, **context))["_entities"]


async def refusal(execute: Execute, *representations: Any) -> tuple[str, str, list[str]]:
    result = await execute.raw(ENTITIES, {"representations": list(representations)})
    assert result.data is None
    [error] = result.errors
    return error.extensions["code"], error.message, error.extensions["argumentPath"]


async def test_the_service_tells_its_sdl_and_makes_it_once(execute: Execute) -> None:
    data = await execute("{ _service { sdl } }")
    assert data == {"_service": {"sdl": sdl()}}
    assert schema.subgraph_sdl() is sdl()
    assert sdl().startswith(LINK)


def test_keys_and_shared_values_are_declared() -> None:
    heads = [line for line in sdl().splitlines() if " @key(" in line or line.endswith(" @shareable {")]
    assert heads == [
        'type Cart implements Node @key(fields: "id") {',
        'type Location implements Node @key(fields: "id") @key(fields: "code") {',
        "type Money @shareable {",
        'type Order implements Node @key(fields: "id") {',
        "type PageInfo @shareable {",
        'type Product implements Node @key(fields: "id") @key(fields: "slug") {',
        'type Variant implements Node @key(fields: "id") @key(fields: "sku") {',
    ]


def test_the_sdl_is_the_schema_file_with_keys_and_without_what_the_link_imports() -> None:
    changes = list(unified_diff(schema.as_str().splitlines(), sdl().splitlines(), n=0, lineterm=""))[2:]
    removed = [line for line in changes if line.startswith("-")]
    added = [line for line in changes if line.startswith("+")]
    assert [line for line in removed if not line.startswith("-type ")] == [
        '-"""',
        "-The caller's key must hold all scopes of at least one of the inner lists.",
        '-"""',
        "-directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION",
    ]
    assert added[0] == "+" + LINK.strip()
    assert len(added) == 8


def test_the_schema_file_has_no_machinery_and_is_complete() -> None:
    text = schema.as_str()
    assert "_Any" not in text
    assert "_entities" not in text
    assert "_service" not in text.lower()
    built = build_schema(text, assume_valid_sdl=False)
    served = schema._schema
    assert {"_Any", "_Entity", "_Service"} | set(built.type_map) == set(served.type_map)
    assert built.query_type is not None
    assert served.query_type is not None
    assert set(built.query_type.fields) | {"_entities", "_service"} == set(served.query_type.fields)
    assert strip_ignored_characters(print_ast(parse(text))) == strip_ignored_characters(text)


async def test_entities_come_by_every_key_in_the_order_of_the_question(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA", price=648, stock={shop.warehouse: 1})
        cart = await make_cart(tx, ("TEA", 1))
        product_id = await make_product(tx, slug="shirt")
        variant_id = await make_variant(tx, "SH-R", product_id=product_id, channel_id=shop.channel, price=1980)
        location_id = await make_location(tx, code="STORE-X")
        ground = await make_ground(tx, code="mall")
        order = await make_order(tx, ground)
    product = {
        "__typename": "Product",
        "id": global_id("Product", product_id),
        "slug": "shirt",
        "variants": [{"sku": "SH-R"}],
    }
    variant = {
        "__typename": "Variant",
        "id": global_id("Variant", variant_id),
        "sku": "SH-R",
        "product": {"slug": "shirt"},
    }
    location = {"__typename": "Location", "id": global_id("Location", location_id), "code": "STORE-X"}
    order_id, cart_id = global_id("Order", order.id), global_id("Cart", cart)
    found = await entities(
        execute,
        {"__typename": "Variant", "sku": "SH-R"},
        {"__typename": "Product", "id": product["id"]},
        {"__typename": "Cart", "id": cart_id},
        {"__typename": "Product", "slug": "shirt", "reviews": [1, {"of": None}]},
        {"__typename": "Location", "code": "STORE-X"},
        {"__typename": "Variant", "id": variant["id"], "sku": "another"},
        {"__typename": "Order", "id": order_id},
        {"__typename": "Location", "id": location["id"], "code": None},
        {"__typename": "Variant", "sku": "SH-R"},
    )
    assert found == [
        variant,
        product,
        {"__typename": "Cart", "id": cart_id, "lines": [{"sku": "TEA"}]},
        product,
        location,
        variant,
        {"__typename": "Order", "id": order_id, "number": order.number},
        location,
        variant,
    ]


async def test_representations_may_stand_in_the_document(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        await make_location(tx, code="STORE-X")
    document = '{ _entities(representations: [{ __typename: "Location", code: "STORE-X" }]) { __typename } }'
    assert await execute(document) == {"_entities": [{"__typename": "Location"}]}


async def test_one_statement_for_each_type_and_key(
    db: Database, execute: Execute, count_statements: Callable[[], AbstractContextManager[Count]]
) -> None:
    channel = await open_channel(db)
    async with db.write() as tx:
        for number in range(30):
            await make_variant(tx, f"S-{number}", channel_id=channel, price=100)
    by_sku = [{"__typename": "Variant", "sku": f"S-{number}"} for number in range(30)]
    by_slug = [{"__typename": "Product", "slug": f"none-{number}"} for number in range(30)]
    by_code = [{"__typename": "Location", "code": f"NONE-{number}"} for number in range(30)]
    document = ENTITIES.replace("product { slug }", "").replace("variants { sku }", "")
    with count_statements() as count:
        data = await execute(document, {"representations": [*by_sku, *by_slug, *by_code]})
    assert count.total == 3
    assert [row and row["sku"] for row in data["_entities"]] == [f"S-{number}" for number in range(30)] + [None] * 60


async def test_the_caller_finds_what_the_caller_may_see(db: Database, execute: Execute) -> None:
    channel = await open_channel(db)
    async with db.write() as tx:
        product_id = await make_product(tx, slug="secret")
        hidden = await make_variant(
            tx, "HIDDEN", product_id=product_id, channel_id=channel, price=1, is_published=False
        )
    asked = [
        {"__typename": "Variant", "sku": "HIDDEN"},
        {"__typename": "Variant", "id": global_id("Variant", hidden)},
        {"__typename": "Product", "slug": "secret"},
        {"__typename": "Product", "id": global_id("Product", product_id)},
    ]
    assert await entities(execute, *asked) == [None] * 4
    assert [row["__typename"] for row in await entities(execute, *asked, actor=STAFF)] == [
        "Variant", "Variant", "Product", "Product",
    ]  # fmt: skip
    # As the field `location` has it: goods on their way are at no place that one could ask for.
    assert await entities(execute, {"__typename": "Location", "code": "IN-TRANSIT"}, actor=STAFF) == [None]


@pytest.mark.parametrize(
    "representation",
    [
        {"__typename": "Product", "id": "nonsense"},
        {"__typename": "Product", "id": ""},
        {"__typename": "Product", "id": global_id("Product", 2**62)},
        {"__typename": "Product", "id": global_id("Variant", 1)},
        {"__typename": "Product", "slug": "no\x00where"},
        {"__typename": "Variant", "sku": "💥" * 1000},
        {"__typename": "Location", "code": "\u200b"},
        {"__typename": "Order", "id": global_id("Order", new_id())},
        {"__typename": "Cart", "id": global_id("Cart", new_id())},
    ],
)
async def test_what_is_not_there_is_null(db: Database, execute: Execute, representation: dict[str, Any]) -> None:
    assert await entities(execute, representation, representation) == [None, None]


@pytest.mark.parametrize(
    ("representation", "message", "path"),
    [
        (7, "A representation is an object with a `__typename`.", []),
        ([], "A representation is an object with a `__typename`.", []),
        ({}, "A representation is an object with a `__typename`.", []),
        ({"__typename": ["Product"]}, "A representation is an object with a `__typename`.", []),
        (
            {"__typename": "Channel", "id": "x"},
            "This subgraph has the entities Product, Variant, Location, Order, Cart, and none named 'Channel'.",
            ["__typename"],
        ),
        ({"__typename": "Product"}, "Product is named by id or slug.", []),
        ({"__typename": "Product", "sku": "A", "id": None}, "Product is named by id or slug.", []),
        ({"__typename": "Cart", "slug": "a"}, "Cart is named by id.", []),
        ({"__typename": "Variant", "sku": 7}, "`sku` of Variant is a text.", ["sku"]),
        ({"__typename": "Order", "id": {"of": "it"}}, "`id` of Order is a text.", ["id"]),
    ],
)
async def test_a_malformed_representation_is_named(
    execute: Execute, representation: Any, message: str, path: list[str]
) -> None:
    good = {"__typename": "Product", "slug": "x"}
    expected = ("INVALID_INPUT", message, ["representations", "1", *path])
    assert await refusal(execute, good, representation, good) == expected


async def test_at_most_a_hundred_at_once(execute: Execute) -> None:
    one = {"__typename": "Product", "slug": "x"}
    assert await entities(execute, *[one] * 100) == [None] * 100
    assert await refusal(execute, *[one] * 101) == (
        "INVALID_INPUT",
        "At most 100 representations at once; these are 101.",
        ["representations"],
    )
