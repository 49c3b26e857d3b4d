"""Lists of products: filters, orders, pages, who sees what, and how many statements that takes."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from tests.catalog.builders import make_category, make_product, make_variant
from tests.catalog.shop import open_channel

STAFF = Actor(ActorKind.STAFF, "key:staff", frozenset({"stock:read"}))
LIST = """query ($first: Int = 100, $after: String, $filter: ProductFilter, $sort: ProductSort, $channel: String) {
  products(first: $first, after: $after, filter: $filter, sort: $sort, channel: $channel) {
    edges { cursor node { slug } } nodes { slug }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


async def slugs(execute: Any, variables: dict[str, Any] | None = None, **context: Any) -> list[str]:
    page = (await execute(LIST, variables or {}, **context))["products"]
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    return [node["slug"] for node in page["nodes"]]


async def pages(execute: Any, size: int, variables: dict[str, Any], **context: Any) -> list[str]:
    """All slugs, read page by page."""
    found: list[str] = []
    after = None
    while True:
        page = (await execute(LIST, {**variables, "first": size, "after": after}, **context))["products"]
        info = page["pageInfo"]
        assert info["hasPreviousPage"] is (after is not None)
        assert info["startCursor"] == (page["edges"][0]["cursor"] if page["edges"] else None)
        found += [node["slug"] for node in page["nodes"]]
        after = info["endCursor"]
        if not info["hasNextPage"]:
            return found
        assert len(page["nodes"]) == size


async def stock_shop(db: Database, count: int = 11) -> int:
    """Products p0, p1, … with many equal names and prices; returns the channel's id."""
    channel_id = await open_channel(db)
    async with db.write() as tx:
        for number in range(count):
            names = {"ja": f"シャツ{number % 3}", "en": f"shirt {-number % 2}"}
            product_id = await make_product(tx, slug=f"p{number}", names=names, brand=f"B{number % 2}")
            await make_variant(tx, f"S{number}", product_id=product_id, price=1000 + number % 4, channel_id=channel_id)
    return channel_id


ORDERS: list[tuple[dict[str, Any] | None, dict[str, Any], list[int]]] = [
    (None, {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ({"field": "RELEVANCE"}, {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ({"field": "NEWEST"}, {}, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ({"field": "NEWEST", "direction": "ASC"}, {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ({"field": "PRICE"}, {}, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7]),
    ({"field": "PRICE", "direction": "DESC"}, {}, [7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0]),
    ({"field": "NAME"}, {}, [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8]),
    ({"field": "NAME", "direction": "DESC"}, {}, [8, 5, 2, 10, 7, 4, 1, 9, 6, 3, 0]),
    ({"field": "NAME"}, {"language": "en"}, [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9]),
    ({"field": "PRICE", "direction": "DESC"}, {"actor": STAFF}, [7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0]),
]


@pytest.mark.parametrize(("sort", "context", "expected"), ORDERS)
@pytest.mark.parametrize("filter", [None, {"search": "しゃつ"}])
async def test_pages_joined_are_the_whole_in_every_order(
    db: Database,
    execute: Any,
    *,
    sort: dict[str, Any] | None,
    context: dict[str, Any],
    expected: list[int],
    filter: dict[str, Any] | None,
) -> None:
    await stock_shop(db)
    whole = [f"p{number}" for number in expected]
    for size in (1, 2, 3, 10, 11, 12, 100):
        assert await pages(execute, size, {"sort": sort, "filter": filter}, **context) == whole


@pytest.mark.parametrize("order", [{"field": "PRICE"}, {"field": "PRICE", "direction": "DESC"}])
async def test_staff_see_products_without_a_price_after_all_others(db: Database, execute: Any, order: Any) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        await make_variant(tx, "U1")
        await make_variant(tx, "L1", channel_id=channel_id, price=0)
        await make_variant(tx, "U2", is_active=False, channel_id=channel_id)
        await make_variant(tx, "L2", channel_id=channel_id, price=2**31 - 1)
    listed, unlisted = ["l1", "l2"], ["u1", "u2"]
    if "direction" in order:
        listed, unlisted = listed[::-1], unlisted[::-1]
    for size in (1, 3, 4):
        assert await pages(execute, size, {"sort": order}, actor=STAFF) == listed + unlisted
    assert await slugs(execute, {"sort": order}) == listed


async def test_shoppers_see_what_is_sold_in_the_channel_only(db: Database, execute: Any) -> None:
    web, till = await open_channel(db), await open_channel(db, "till")
    async with db.write() as tx:
        await make_variant(tx, "both", channel_id=web)
        await make_variant(tx, "web", channel_id=web)
        await make_variant(tx, "till", channel_id=till)
        await make_variant(tx, "hidden", channel_id=web, is_published=False)
        await make_variant(tx, "retired", channel_id=web, is_active=False)
        product_id = await make_product(tx, slug="off", is_active=False)
        await make_variant(tx, "OFF", product_id=product_id, channel_id=web)
        await make_product(tx, slug="empty")
    assert await slugs(execute) == ["both", "web"]
    assert await slugs(execute, {"channel": "till"}) == ["till"]
    assert await slugs(execute, channel="till") == ["till"]
    assert await slugs(execute, actor=STAFF) == ["both", "web", "till", "hidden", "retired", "off", "empty"]
    partner = Actor(ActorKind.PARTNER, "key:partner", frozenset({"partner:jobs"}))
    assert await slugs(execute, actor=partner) == ["both", "web"]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"categorySlug": "clothes"}, ["tee", "linen"]),
        ({"categorySlug": "shirts"}, ["tee", "linen"]),
        ({"categorySlug": "tees"}, ["tee"]),
        ({"categorySlug": "food"}, ["tea"]),
        ({"categorySlug": "nowhere"}, []),
        ({"categorySlug": "\x00"}, []),
        ({"brand": "Hinata"}, ["linen"]),
        ({"brand": "hinata"}, []),
        ({"brand": "\x00"}, []),
        ({"search": "a\x00b"}, []),
        ({"skus": ["TEA", "TEE", "nope", "\x00"]}, ["tee", "tea"]),
        ({"skus": []}, []),
        ({"ids": []}, []),
        ({"priceMin": 2000}, ["tee", "linen"]),
        ({"priceMax": 2000}, ["tee", "tea", "loose"]),
        ({"priceMin": 2000, "priceMax": 2000}, ["tee"]),
        ({"priceMin": -5, "priceMax": 499}, []),
        (
            {"categorySlug": "clothes", "priceMin": 2500, "search": "麻", "skus": ["LINEN"], "brand": "Hinata"},
            ["linen"],
        ),
        ({}, ["tee", "linen", "tea", "loose"]),
    ],
)
async def test_filters(db: Database, execute: Any, filter: dict[str, Any], expected: list[str]) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        clothes = await make_category(tx, "clothes")
        shirts = await make_category(tx, "shirts", parent_id=clothes)
        tees = await make_category(tx, "tees", parent_id=shirts)
        food = await make_category(tx, "food")
        await make_variant(tx, "TEE", channel_id=channel_id, price=2000, category_id=tees)
        linen = await make_product(tx, slug="linen", names={"ja": "麻"}, brand="Hinata", category_id=shirts)
        await make_variant(tx, "LINEN", product_id=linen, channel_id=channel_id, price=3000)
        await make_variant(tx, "TEA", channel_id=channel_id, price=500, category_id=food)
        await make_variant(tx, "LOOSE", channel_id=channel_id, price=1000)
    count = "query ($filter: ProductFilter) { products(filter: $filter) { totalCount } }"
    assert await slugs(execute, {"filter": filter}) == expected
    assert (await execute(count, {"filter": filter}))["products"]["totalCount"] == len(expected)


async def test_products_are_picked_by_their_ids(db: Database, execute: Any) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        product_id = await make_product(tx, slug="tee")
        await make_variant(tx, "TEE", product_id=product_id, channel_id=channel_id)
        await make_variant(tx, "TEA", channel_id=channel_id)
    ids = [global_id("Product", product_id), global_id("Product", 2**62)]
    assert await slugs(execute, {"filter": {"ids": ids}}) == ["tee"]


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        ({"first": 0}, "INVALID_INPUT", "first must lie between 1 and 100."),
        ({"first": 101}, "INVALID_INPUT", "first must lie between 1 and 100."),
        ({"first": -1}, "INVALID_INPUT", "first must lie between 1 and 100."),
        ({"after": "nonsense"}, "INVALID_INPUT", "This cursor does not belong to this list and sort order."),
        ({"after": "WyJcdTAwMDAiLDFd", "sort": {"field": "NAME"}}, "INVALID_INPUT", None),
        ({"after": "WzE4NDQ2NzQ0MDczNzA5NTUxNjE1XQ"}, "INVALID_INPUT", None),
        ({"after": "WzFd", "sort": {"field": "PRICE"}}, "INVALID_INPUT", None),
        ({"after": "W3RydWVd"}, "INVALID_INPUT", None),
        ({"filter": {"ids": ["x"]}}, "NOT_FOUND", "This is not the id of a Product."),
        ({"filter": {"skus": ["A"] * 101}}, "INVALID_INPUT", "At most 100 values are allowed; these are 101."),
        ({"filter": {"ids": ["A"] * 101}}, "INVALID_INPUT", "At most 100 values are allowed; these are 101."),
        ({"filter": {"priceMin": 2, "priceMax": 1}}, "INVALID_INPUT", "priceMin is above priceMax."),
        ({"sort": {"field": "RELEVANCE", "direction": "ASC"}}, "INVALID_INPUT", "RELEVANCE has no direction."),
        ({"channel": "nowhere"}, "NOT_FOUND", "There is no channel 'nowhere'."),
        ({"channel": ""}, "NOT_FOUND", "There is no channel ''."),
        ({"channel": "\x00"}, "NOT_FOUND", None),
    ],
)
async def test_bad_arguments_are_refused(
    db: Database, execute: Any, variables: dict[str, Any], code: str, message: str | None
) -> None:
    await open_channel(db)
    result = await execute.raw(LIST, variables)
    assert result.data is None
    assert [error.extensions["code"] for error in result.errors] == [code]
    assert message in {None, result.errors[0].message}


async def test_an_empty_channel_is_an_empty_list(db: Database, execute: Any) -> None:
    await open_channel(db)
    assert await slugs(execute) == []


PAGE = """query ($first: Int!) {
  products(first: $first) {
    totalCount
    nodes {
      name priceRange { minimum { formatted } } media { url } category { name ancestors { name } }
      variants { sku price { amount { amount } } product { slug } }
    }
  }
}"""


@pytest.mark.parametrize("size", [3, 20])
async def test_a_page_takes_the_same_few_statements_whatever_its_size(
    db: Database, execute: Any, count_statements: Any, size: int
) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        top = await make_category(tx, "clothes")
        category_id = await make_category(tx, "shirts", parent_id=top)
        for number in range(25):
            product_id = await make_product(tx, category_id=category_id, media_urls=["https://img.example/1.jpg"])
            for variant in range(3):
                await make_variant(tx, f"S{number}-{variant}", product_id=product_id, channel_id=channel_id)
    with count_statements() as count:
        page = (await execute(PAGE, {"first": size}))["products"]
    # The channel, the list with its price ranges, its count, media, categories, ancestors, variants with their prices,
    # and the products of these.
    assert count.total == 8
    assert page["totalCount"] == 25
    assert len(page["nodes"]) == size
    assert page["nodes"][0]["variants"][0] == {
        "sku": "S0-0",
        "price": {"amount": {"amount": 1980}},
        "product": {"slug": page["nodes"][0]["variants"][0]["product"]["slug"]},
    }
    assert all(len(node["variants"]) == 3 for node in page["nodes"])
    assert page["nodes"][0]["category"] == {"name": "shirts", "ancestors": [{"name": "clothes"}]}


async def test_availability_on_a_page_takes_as_many_statements_for_three_products_as_for_twenty(
    db: Database, execute: Any, count_statements: Any
) -> None:
    await stock_shop(db, 20)
    document = """query ($first: Int!) {
      products(first: $first) { nodes { variants { sku price { tax { amount } } availability { available } } } }
    }"""
    totals: list[int] = []
    for size in (3, 20):
        with count_statements() as count:
            nodes = (await execute(document, {"first": size}))["products"]["nodes"]
        assert [node["variants"][0]["availability"] for node in nodes] == [{"available": 0}] * size
        totals.append(count.total)
    assert totals[0] == totals[1]


async def test_only_those_who_ask_for_the_count_pay_for_it(db: Database, execute: Any, count_statements: Any) -> None:
    await stock_shop(db, 3)
    with count_statements() as count:
        assert await slugs(execute) == ["p0", "p1", "p2"]
    assert count.total == 2  # the channel and the list
