"""Products, variants and categories by key, with all that a storefront shows of them."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from tests.catalog.builders import make_category, make_product, make_variant, put_price
from tests.catalog.shop import open_channel

STAFF = Actor(ActorKind.STAFF, "key:staff", frozenset({"stock:read"}))
PRODUCT = """query ($id: ID, $slug: String) { product(id: $id, slug: $slug) {
  __typename id slug name en: name(language: EN) description brand taxClass isActive
  attributes { key label value en: value(language: EN) }
  category { slug name }
  media { url alt position }
  priceRange { minimum { amount currency formatted } maximum { amount } }
  till: priceRange(channel: "till") { minimum { formatted } }
  variants {
    __typename sku jan name options { key label value } weightG girthCm isChilled position
    price { amount { formatted } compareAt { amount } taxRatePercent tax { amount } isPublished }
    till: price(channel: "till") { amount { formatted } taxRatePercent tax { formatted } }
    product { slug }
  }
} }"""
MATERIAL = {"key": "material", "labels": {"ja": "素材"}, "values": {"ja": "綿", "en": "Cotton"}}
COLOR = {"key": "color", "labels": {"ja": "色"}, "values": {"ja": "赤"}}


async def test_a_product_as_a_storefront_shows_it(db: Database, execute: Any) -> None:
    web = await open_channel(db)
    till = await open_channel(db, "till", currency="USD", tax_rounding="UP")
    async with db.write() as tx:
        category_id = await make_category(tx, "shirts", names={"ja": "シャツ"})
        product_id = await make_product(
            tx,
            slug="shirt",
            names={"ja": "綿シャツ", "en": "Cotton shirt"},
            brand="Hinata",
            category_id=category_id,
            attributes=[MATERIAL],
            media_urls=["https://img.example/1.jpg", "https://img.example/2.jpg"],
        )
        red = await make_variant(
            tx,
            "SH-R",
            product_id=product_id,
            channel_id=web,
            price=1980,
            compare_at=2980,
            names={"ja": "赤"},
            jan="4901234567894",
            options=[COLOR],
            position=1,
            is_chilled=True,
        )
        await make_variant(tx, "SH-B", product_id=product_id, channel_id=web, price=2200, weight_g=None, girth_cm=None)
        await make_variant(tx, "SH-OLD", product_id=product_id, channel_id=web, price=10, is_active=False)
        await put_price(tx, red, till, 1499)
    by_slug = (await execute(PRODUCT, {"slug": "shirt"}))["product"]
    assert by_slug == {
        "__typename": "Product",
        "id": global_id("Product", product_id),
        "slug": "shirt",
        "name": "綿シャツ",
        "en": "Cotton shirt",
        "description": None,
        "brand": "Hinata",
        "taxClass": "STANDARD_10",
        "isActive": True,
        "attributes": [{"key": "material", "label": "素材", "value": "綿", "en": "Cotton"}],
        "category": {"slug": "shirts", "name": "シャツ"},
        "media": [
            {"url": "https://img.example/1.jpg", "alt": None, "position": 0},
            {"url": "https://img.example/2.jpg", "alt": None, "position": 1},
        ],
        "priceRange": {
            "minimum": {"amount": 1980, "currency": "JPY", "formatted": "¥1,980"},
            "maximum": {"amount": 2200},
        },
        "till": {"minimum": {"formatted": "$14.99"}},
        "variants": [
            {
                "__typename": "Variant",
                "sku": "SH-B",
                "jan": None,
                "name": None,
                "options": [],
                "weightG": None,
                "girthCm": None,
                "isChilled": False,
                "position": 0,
                "price": {
                    "amount": {"formatted": "¥2,200"},
                    "compareAt": None,
                    "taxRatePercent": 10.0,
                    "tax": {"amount": 200},
                    "isPublished": True,
                },
                "till": None,
                "product": {"slug": "shirt"},
            },
            {
                "__typename": "Variant",
                "sku": "SH-R",
                "jan": "4901234567894",
                "name": "赤",
                "options": [{"key": "color", "label": "色", "value": "赤"}],
                "weightG": 500,
                "girthCm": 60,
                "isChilled": True,
                "position": 1,
                "price": {
                    "amount": {"formatted": "¥1,980"},
                    "compareAt": {"amount": 2980},
                    "taxRatePercent": 10.0,
                    "tax": {"amount": 180},
                    "isPublished": True,
                },
                "till": {"amount": {"formatted": "$14.99"}, "taxRatePercent": 10.0, "tax": {"formatted": "$1.37"}},
                "product": {"slug": "shirt"},
            },
        ],
    }
    assert (await execute(PRODUCT, {"id": by_slug["id"]}))["product"] == by_slug
    english = (await execute(PRODUCT, {"slug": "shirt"}, language="en"))["product"]
    assert (english["name"], english["attributes"][0]["label"]) == ("Cotton shirt", "素材")


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ('{ product(slug: "sold") { slug } }', {"slug": "sold"}),
        ('{ product(slug: "hidden") { slug } }', None),
        ('{ product(slug: "no") { slug } }', None),
        ('{ product(slug: "a\\u0000") { slug } }', None),
        ('{ product(id: "UHJvZHVjdDo5OTk5OTk5OTk") { slug } }', None),
        ('{ variant(sku: "SOLD") { sku } }', {"sku": "SOLD"}),
        ('{ variant(sku: "sold") { sku } }', None),
        ('{ variant(sku: "HIDDEN") { sku } }', None),
        ('{ variant(sku: "a\\u0000") { sku } }', None),
        ('{ variant(sku: "") { sku } }', None),
        ('{ variant(id: "VmFyaWFudDo5OTk5OTk5OTk") { sku } }', None),
        (
            '{ variants(skus: ["HIDDEN", "SOLD", "NO", "SOLD"]) { sku } }',
            [None, {"sku": "SOLD"}, None, {"sku": "SOLD"}],
        ),
        ("{ variants(skus: []) { sku } }", []),
        ('{ category(slug: "no") { slug } }', None),
        ('{ category(slug: "a\\u0000") { slug } }', None),
        ("{ categories { slug } }", []),
    ],
)
async def test_by_key(db: Database, execute: Any, document: str, found: Any) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        await make_variant(tx, "SOLD", channel_id=channel_id)
        await make_variant(tx, "HIDDEN", channel_id=channel_id, is_published=False)
    assert list((await execute(document)).values()) == [found]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ product { slug } }", "INVALID_INPUT"),
        ('{ product(id: "UHJvZHVjdDox", slug: "a") { slug } }', "INVALID_INPUT"),
        ('{ product(id: "nonsense") { slug } }', "NOT_FOUND"),
        ('{ product(id: "VmFyaWFudDox") { slug } }', "NOT_FOUND"),
        ("{ variant { sku } }", "INVALID_INPUT"),
        ('{ variant(sku: "A", id: "VmFyaWFudDox") { sku } }', "INVALID_INPUT"),
        ('{ variant(id: "") { sku } }', "NOT_FOUND"),
    ],
)
async def test_keys_that_cannot_be_are_refused(db: Database, execute: Any, document: str, code: str) -> None:
    result = await execute.raw(document)
    assert [error.extensions["code"] for error in result.errors] == [code]


async def test_too_many_skus_are_refused(db: Database, execute: Any) -> None:
    result = await execute.raw("query ($skus: [String!]!) { variants(skus: $skus) { sku } }", {"skus": ["A"] * 101})
    assert [error.message for error in result.errors] == ["At most 100 values are allowed; these are 101."]


async def test_staff_see_what_shoppers_do_not(db: Database, execute: Any) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        product_id = await make_product(tx, slug="off", is_active=False)
        variant_id = await make_variant(tx, "OFF", product_id=product_id, channel_id=channel_id, is_published=False)
    document = f"""{{
      product(slug: "off") {{ isActive variants {{ sku price {{ isPublished }} }} }}
      variant(sku: "OFF") {{ sku product {{ slug }} }}
      node(id: "{global_id("Variant", variant_id)}") {{ ... on Variant {{ sku }} }}
      other: node(id: "{global_id("Product", product_id)}") {{ ... on Product {{ slug }} }}
    }}"""
    assert await execute(document) == {"product": None, "variant": None, "node": None, "other": None}
    assert await execute(document, actor=STAFF) == {
        "product": {"isActive": False, "variants": [{"sku": "OFF", "price": {"isPublished": False}}]},
        "variant": {"sku": "OFF", "product": {"slug": "off"}},
        "node": {"sku": "OFF"},
        "other": {"slug": "off"},
    }


async def test_the_category_tree_in_both_directions(db: Database, execute: Any, count_statements: Any) -> None:
    async with db.write() as tx:
        food = await make_category(tx, "food", position=1)
        clothes = await make_category(tx, "clothes", names={"ja": "衣料", "en": "Clothes"})
        shirts = await make_category(tx, "shirts", parent_id=clothes, position=2)
        await make_category(tx, "socks", parent_id=clothes, position=1)
        await make_category(tx, "tees", parent_id=shirts)
        await make_category(tx, "tea", parent_id=food)
    with count_statements() as count:
        data = await execute("{ categories { slug children { slug children { slug } } } }")
    assert count.total == 3
    assert data["categories"] == [
        {
            "slug": "clothes",
            "children": [
                {"slug": "socks", "children": []},
                {"slug": "shirts", "children": [{"slug": "tees"}]},
            ],
        },
        {"slug": "food", "children": [{"slug": "tea", "children": []}]},
    ]
    tees = await execute('{ category(slug: "tees") { id parent { slug } ancestors { slug name(language: EN) } } }')
    assert tees["category"]["parent"] == {"slug": "shirts"}
    assert tees["category"]["ancestors"] == [
        {"slug": "clothes", "name": "Clothes"},
        {"slug": "shirts", "name": "shirts"},
    ]
    node = await execute(
        "query ($id: ID!) { node(id: $id) { ... on Category { slug } } }", {"id": tees["category"]["id"]}
    )
    assert node["node"] == {"slug": "tees"}
    top = await execute('{ category(slug: "food") { parent { slug } ancestors { slug } } }')
    assert top["category"] == {"parent": None, "ancestors": []}
