"""Categories, products and prices, saved through the schema."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.permissions import SYSTEM, Actor, ActorKind
from tests.catalog.builders import make_variant
from tests.catalog.shop import open_channel
from tests.conftest import Execute

STAFF = Actor(kind=ActorKind.STAFF, reference="key:catalog", scopes=frozenset({"catalog:write"}))
ERRORS = "userErrors { __typename code message path ... on CodeTakenError { value owner } }"
CATEGORIES = f"""mutation ($input: CategoriesSaveInput!) {{ categoriesSave(input: $input) {{
  replayed categories {{ slug name(language: EN) parent {{ slug }} position }} {ERRORS} }} }}"""
PRODUCTS = f"""mutation ($input: ProductsSaveInput!) {{ productsSave(input: $input) {{
  replayed products {{ slug name description brand taxClass isActive category {{ slug }}
    attributes {{ key label value }} media {{ url alt position }}
    variants {{ sku name jan options {{ key value }} weightG girthCm isChilled isActive }} }} {ERRORS} }} }}"""
PRICES = f"""mutation ($input: PricesSetInput!) {{ pricesSet(input: $input) {{
  replayed channel {{ code }} variants {{ sku price {{ amount {{ amount }} compareAt {{ amount }} isPublished }} }}
  {ERRORS} }} }}"""


def ja(text: str) -> list[dict[str, str]]:
    return [{"language": "JA", "text": text}]


def product(slug: str, *skus: str, **more: Any) -> dict[str, Any]:
    return {"slug": slug, "names": ja(slug), "variants": [{"sku": sku} for sku in skus], **more}


async def save(execute: Execute, *products: dict[str, Any], **more: Any) -> Any:
    return (await execute(PRODUCTS, {"input": {"products": products, **more}}, actor=STAFF))["productsSave"]


async def rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    async with db.read() as tx:
        return [tuple(row) for row in await tx.connection.fetch(query)]


def refused(payload: Any) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def test_a_tree_is_saved_in_any_order(execute: Execute) -> None:
    both = [{"language": "EN", "text": " Tea "}, {"language": "JA", "text": "お茶"}]
    given = [
        {"slug": "sencha", "names": ja("煎茶"), "parentSlug": "tea", "position": 2},
        {"slug": "tea", "names": both},
    ]
    payload = (await execute(CATEGORIES, {"input": {"categories": given}}, actor=STAFF))["categoriesSave"]
    assert payload == {
        "replayed": False,
        "userErrors": [],
        "categories": [
            {"slug": "sencha", "name": "煎茶", "parent": {"slug": "tea"}, "position": 2},
            {"slug": "tea", "name": "Tea", "parent": None, "position": 0},
        ],
    }


@pytest.mark.parametrize(
    ("categories", "code", "path"),
    [
        ([], "INVALID_INPUT", ["categories"]),
        ([{"slug": "a", "names": ja("A")}] * 101, "INVALID_INPUT", ["categories"]),
        ([{"slug": "a", "names": []}], "INVALID_INPUT", ["categories", "0"]),
        ([{"slug": "a", "names": ja(" ")}], "INVALID_INPUT", ["categories", "0", "names", "0", "text"]),
        (
            [{"slug": "a", "names": [*ja("A"), *ja("B")]}],
            "INVALID_INPUT",
            ["categories", "0", "names", "1", "language"],
        ),
        ([{"slug": "b", "names": ja("B")}, {"slug": "", "names": ja("A")}], "INVALID_INPUT", ["categories", "1"]),
        ([{"slug": "b", "names": ja("B")}, {"slug": "b", "names": ja("B")}], "INVALID_INPUT", ["categories", "1"]),
        ([{"slug": "a", "names": ja("A"), "parentSlug": "x"}], "NOT_FOUND", ["categories", "0", "parentSlug"]),
        ([{"slug": "a", "names": ja("A"), "parentSlug": "a"}], "INVALID_INPUT", ["categories", "0"]),
    ],
)
async def test_a_category_that_cannot_be_changes_nothing(
    db: Database, execute: Execute, categories: list[Any], code: str, path: list[str]
) -> None:
    payload = (await execute(CATEGORIES, {"input": {"categories": categories}}, actor=STAFF))["categoriesSave"]
    assert (payload["categories"], refused(payload)) == ([], [(code, ["input", *path])])
    assert await rows(db, "SELECT slug FROM categories") == []


async def test_all_that_is_said_of_a_product_is_saved(execute: Execute) -> None:
    await execute(CATEGORIES, {"input": {"categories": [{"slug": "tea", "names": ja("お茶")}]}}, actor=STAFF)
    payload = await save(
        execute,
        product(
            "sencha",
            categorySlug="tea",
            brand=" 園 ",
            taxClass="REDUCED_8",
            descriptions=ja("一番茶"),
            attributes=[{"key": "origin", "labels": ja("産地"), "values": ja("京都")}],
            media=[{"url": "https://img.example/1.jpg", "alts": ja("茶葉")}, {"url": "http://img.example/2.jpg"}],
            variants=[
                {"sku": "S-100", "names": ja("100g"), "jan": "4901234567894", "weightG": 120, "girthCm": 40},
                {"sku": "S-ICE", "isChilled": True, "isActive": False, "options": [{"key": "t", "values": ja("冷")}]},
            ],
        ),
        product("cup", "CUP", isActive=False),
    )
    plain = {"name": None, "jan": None, "options": [], "weightG": None, "girthCm": None}
    assert payload["userErrors"] == []
    assert payload["products"][0] == {
        "slug": "sencha", "name": "sencha", "description": "一番茶", "brand": "園", "taxClass": "REDUCED_8",
        "isActive": True, "category": {"slug": "tea"},
        "attributes": [{"key": "origin", "label": "産地", "value": "京都"}],
        "media": [
            {"url": "https://img.example/1.jpg", "alt": "茶葉", "position": 0},
            {"url": "http://img.example/2.jpg", "alt": None, "position": 1},
        ],
        "variants": [
            {**plain, "sku": "S-100", "name": "100g", "jan": "4901234567894", "weightG": 120, "girthCm": 40,
             "isChilled": False, "isActive": True},
            {**plain, "sku": "S-ICE", "isChilled": True, "isActive": False, "options": [{"key": "t", "value": "冷"}]},
        ],
    }  # fmt: skip
    cup = payload["products"][1]
    assert (cup["slug"], cup["isActive"], [one["sku"] for one in cup["variants"]]) == ("cup", False, ["CUP"])


async def test_what_is_left_out_is_taken_away_but_for_media_and_variants(execute: Execute) -> None:
    await save(execute, product("sencha", "A", "B", brand="園", media=[{"url": "https://img.example/1.jpg"}]))
    [after] = (await save(execute, product("sencha", "B")))["products"]
    assert after["brand"] is None
    assert [one["url"] for one in after["media"]] == ["https://img.example/1.jpg"]
    assert {one["sku"] for one in after["variants"]} == {"A", "B"}
    [without] = (await save(execute, product("sencha", "B", media=[])))["products"]
    assert without["media"] == []


async def test_the_same_key_saves_once(db: Database, execute: Execute) -> None:
    first = await save(execute, product("sencha", "A"), idempotencyKey="part 1")
    assert await save(execute, product("sencha", "A"), idempotencyKey="part 1") == {**first, "replayed": True}
    other = await save(execute, product("sencha", "B"), idempotencyKey="part 1")
    assert refused(other) == [("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])]
    assert await rows(db, "SELECT sku FROM variants") == [("A",)]


@pytest.mark.parametrize(
    ("bad", "code", "path"),
    [
        (product("x", "A\u0000"), "INVALID_INPUT", ["variants", "0"]),
        (product("x" * 65), "INVALID_INPUT", []),
        (product("ok"), "INVALID_INPUT", []),
        (product("x", "SKU-OK"), "INVALID_INPUT", ["variants", "0"]),
        (product("x", *map(str, range(101))), "INVALID_INPUT", ["variants"]),
        (product("x", brand="b" * 201), "INVALID_INPUT", ["brand"]),
        (product("x", descriptions=ja("d" * 20_001)), "INVALID_INPUT", ["descriptions", "0", "text"]),
        (product("x", categorySlug="nowhere"), "NOT_FOUND", ["categorySlug"]),
        (product("x", media=[{"url": "javascript:alert(1)"}]), "INVALID_INPUT", ["media", "0", "url"]),
        (product("x", media=[{"url": "https://[::1"}]), "INVALID_INPUT", ["media", "0", "url"]),
        (product("x", attributes=[{"key": "", "values": []}]), "INVALID_INPUT", ["attributes", "0", "key"]),
        (product("x", variants=[{"sku": "A", "jan": "123"}]), "INVALID_INPUT", ["variants", "0"]),
        (product("x", variants=[{"sku": "A", "weightG": -1}]), "INVALID_INPUT", ["variants", "0"]),
    ],
)
async def test_a_product_that_cannot_be_is_pointed_at(
    db: Database, execute: Execute, bad: dict[str, Any], code: str, path: list[str]
) -> None:
    payload = await save(execute, product("ok", "SKU-OK"), bad)
    assert (payload["products"], refused(payload)) == ([], [(code, ["input", "products", "1", *path])])
    assert await rows(db, "SELECT slug FROM products") == []


async def test_a_bar_code_that_another_variant_has(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        await make_variant(tx, "OLD", jan="4901234567894")
    payload = await save(execute, product("x", "N-1", variants=[{"sku": "N-1", "jan": "4901234567894"}]))
    assert payload["userErrors"] == [
        {
            "__typename": "CodeTakenError",
            "code": "CODE_TAKEN",
            "message": "The JAN code 4901234567894 of N-1 belongs to OLD.",
            "path": ["input", "products", "0", "variants", "0", "jan"],
            "value": "4901234567894",
            "owner": "OLD",
        }
    ]
    assert await rows(db, "SELECT sku FROM variants") == [("OLD",)]


async def test_prices_put_variants_on_sale(db: Database, execute: Execute) -> None:
    await open_channel(db)
    await save(execute, product("sencha", "A", "B"))
    shopper = '{ product(slug: "sencha") { variants { sku } priceRange { minimum { amount } } } }'
    assert await execute(shopper) == {"product": None}
    given = [{"sku": "B", "amount": 500, "compareAt": 600}, {"sku": "A", "amount": 0, "isPublished": False}]
    variables = {"input": {"channel": "web", "prices": given, "idempotencyKey": "prices"}}
    payload = (await execute(PRICES, variables, actor=STAFF))["pricesSet"]
    assert payload == {
        "replayed": False,
        "userErrors": [],
        "channel": {"code": "web"},
        "variants": [
            {"sku": "B", "price": {"amount": {"amount": 500}, "compareAt": {"amount": 600}, "isPublished": True}},
            {"sku": "A", "price": {"amount": {"amount": 0}, "compareAt": None, "isPublished": False}},
        ],
    }
    assert (await execute(PRICES, variables, actor=STAFF))["pricesSet"] == {**payload, "replayed": True}
    assert await execute(shopper) == {
        "product": {"variants": [{"sku": "B"}], "priceRange": {"minimum": {"amount": 500}}}
    }


@pytest.mark.parametrize(
    ("channel", "prices", "expected"),
    [
        ("nowhere", [{"sku": "A", "amount": 1}], [("NOT_FOUND", ["channel"])]),
        ("w\u0000b", [{"sku": "A", "amount": 1}], [("NOT_FOUND", ["channel"])]),
        ("web", [], [("INVALID_INPUT", ["prices"])]),
        ("web", [{"sku": "A", "amount": 1}, {"sku": "X", "amount": 1}, {"sku": "\u0000", "amount": 1}],
         [("NOT_FOUND", ["prices", "1", "sku"]), ("NOT_FOUND", ["prices", "2", "sku"])]),
        ("web", [{"sku": "B", "amount": 1}, {"sku": "A", "amount": -1}], [("INVALID_INPUT", ["prices", "1"])]),
        ("web", [{"sku": "A", "amount": 5, "compareAt": 5}], [("INVALID_INPUT", ["prices", "0"])]),
        ("web", [{"sku": "A", "amount": 5}, {"sku": "A", "amount": 6}], [("INVALID_INPUT", ["prices", "1"])]),
    ],
)  # fmt: skip
async def test_prices_that_cannot_be_change_nothing(
    db: Database, execute: Execute, channel: str, prices: list[Any], expected: list[tuple[str, list[str]]]
) -> None:
    await open_channel(db)
    await save(execute, product("sencha", "A", "B"))
    payload = (await execute(PRICES, {"input": {"channel": channel, "prices": prices}}, actor=STAFF))["pricesSet"]
    assert (payload["variants"], payload["channel"]) == ([], None)
    assert refused(payload) == [(code, ["input", *path]) for code, path in expected]
    assert await rows(db, "SELECT * FROM listings") == []


async def test_saving_takes_the_same_statements_for_one_product_and_for_many(
    db: Database, execute: Execute, count_statements: Any
) -> None:
    counts = []
    for number in (1, 60):
        goods = [product(f"p-{number}-{i}", f"S-{number}-{i}-a", f"S-{number}-{i}-b") for i in range(number)]
        with count_statements() as count:
            assert len((await save(execute, *goods))["products"]) == number
        counts.append(count.total)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CATEGORIES, {"categories": [{"slug": "a", "names": ja("A")}]}),
        (PRODUCTS, {"products": [product("a")]}),
        (PRICES, {"channel": "web", "prices": []}),
    ],
)
async def test_nobody_saves_without_the_scope(db: Database, execute: Execute, document: str, given: Any) -> None:
    other = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset({"stock:write"}))
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        result = await execute.raw(document, {"input": given}, actor=actor)
        assert result.errors[0].extensions["code"] == code
    assert await rows(db, "SELECT slug FROM categories UNION SELECT slug FROM products") == []


@pytest.mark.parametrize(
    ("given", "temperature"),
    [
        ({}, "AMBIENT"),
        ({"isChilled": True}, "CHILLED"),
        ({"temperature": "FROZEN"}, "FROZEN"),
        ({"temperature": "FROZEN", "isChilled": True}, "FROZEN"),
        ({"temperature": "AMBIENT"}, "AMBIENT"),
    ],
)
async def test_how_cold_a_variant_is_kept(execute: Execute, given: dict[str, Any], temperature: str) -> None:
    payload = await save(execute, product("ice", variants=[{"sku": "ICE", **given}]))
    assert payload["userErrors"] == []
    found = await execute('{ variant(sku: "ICE") { temperature isChilled } }', actor=SYSTEM)
    assert found["variant"] == {"temperature": temperature, "isChilled": temperature != "AMBIENT"}


async def test_cold_and_not_cold_at_once_is_refused(execute: Execute) -> None:
    payload = await save(
        execute, product("ice", variants=[{"sku": "ICE", "isChilled": True, "temperature": "AMBIENT"}])
    )
    assert [(error["code"], error["path"][-3:]) for error in payload["userErrors"]] == [
        ("INVALID_INPUT", ["variants", "0", "temperature"])
    ]
