"""Saving products: set-based, repeatable, and found by search from then on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.catalog.actions.save_categories import save_categories
from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.errors import CodeTaken, InvalidDraft, UnknownReference
from app.catalog.model import (
    AttributeDraft,
    CategoryDraft,
    MediaDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)
from app.kit.db import Database
from app.kit.tax import TaxClass
from app.kit.temperature import Temperature
from tests.catalog.shop import open_channel
from tests.conftest import NOW

RED = AttributeDraft("color", {"ja": "色", "en": "Color"}, {"ja": "赤", "en": "Red"})
SHIRT = ProductDraft(
    slug="shirt",
    names={"ja": "綿シャツ", "en": "Cotton shirt"},
    descriptions={"ja": "毎日着られる一枚。"},
    brand="Hinata",
    category_slug="clothes",
    attributes=(AttributeDraft("material", {"ja": "素材"}, {"ja": "綿"}),),
    media=(MediaDraft("https://img.example/1.jpg", {"ja": "正面"}), MediaDraft("https://img.example/2.jpg")),
    variants=(
        VariantDraft("SH-RED", {"ja": "赤"}, "4901234567894", (RED,), weight_g=300, girth_cm=55),
        VariantDraft("SH-BLUE", {"ja": "青"}),
    ),
)
TEA = ProductDraft(
    slug="tea",
    names={"ja": "煎茶"},
    variants=(VariantDraft("TEA", temperature=Temperature.CHILLED),),
    tax_class=TaxClass.REDUCED_8,
)


async def rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    async with db.read() as tx:
        return [tuple(row) for row in await tx.connection.fetch(query)]


async def save(db: Database, *products: ProductDraft, now: Any = NOW) -> dict[str, int]:
    async with db.write() as tx:
        await save_categories(tx, [CategoryDraft("clothes", {"ja": "衣料"})])
        return await save_products(tx, products, now)


async def test_all_that_a_draft_says_is_stored(db: Database) -> None:
    ids = await save(db, SHIRT, TEA)
    assert set(ids) == {"SH-RED", "SH-BLUE", "TEA"}
    assert await rows(
        db,
        """SELECT p.slug, p.names, descriptions, brand, c.slug, attributes, tax_class, sort_name_ja,
                  sort_name_en, is_active, version, created_at
             FROM products AS p LEFT JOIN categories AS c ON c.id = category_id ORDER BY p.slug""",
    ) == [
        (
            "shirt", {"ja": "綿シャツ", "en": "Cotton shirt"}, {"ja": "毎日着られる一枚。"}, "Hinata",
            "clothes", [{"key": "material", "labels": {"ja": "素材"}, "values": {"ja": "綿"}}], "STANDARD_10",
            "綿しゃつ", "cotton shirt", True, 1, NOW,
        ),
        ("tea", {"ja": "煎茶"}, {}, None, None, [], "REDUCED_8", "煎茶", "煎茶", True, 1, NOW),
    ]  # fmt: skip
    assert await rows(
        db,
        """SELECT sku, v.names, jan, options, position, weight_g, girth_cm, is_chilled, v.is_active, p.slug
             FROM variants AS v JOIN products AS p ON p.id = product_id ORDER BY sku""",
    ) == [
        ("SH-BLUE", {"ja": "青"}, None, [], 1, None, None, False, True, "shirt"),
        (
            "SH-RED", {"ja": "赤"}, "4901234567894",
            [{"key": "color", "labels": {"ja": "色", "en": "Color"}, "values": {"ja": "赤", "en": "Red"}}],
            0, 300, 55, False, True, "shirt",
        ),
        ("TEA", {}, None, [], 0, None, None, True, True, "tea"),
    ]  # fmt: skip
    assert await rows(db, "SELECT url, alts, position FROM media ORDER BY position") == [
        ("https://img.example/1.jpg", {"ja": "正面"}, 0),
        ("https://img.example/2.jpg", {}, 1),
    ]


async def test_saving_the_same_again_changes_nothing_and_gives_the_same_ids(db: Database) -> None:
    ids = await save(db, SHIRT, TEA)
    before = await rows(db, "SELECT xmin::text, p.* FROM products AS p ORDER BY id")
    variants = await rows(db, "SELECT xmin::text, v.* FROM variants AS v ORDER BY id")
    assert await save(db, SHIRT, TEA, now=NOW + timedelta(days=1)) == ids
    assert await rows(db, "SELECT xmin::text, p.* FROM products AS p ORDER BY id") == before
    assert await rows(db, "SELECT xmin::text, v.* FROM variants AS v ORDER BY id") == variants


async def test_a_change_raises_the_version_and_keeps_what_the_draft_leaves_out(db: Database) -> None:
    ids = await save(db, SHIRT, TEA)
    later = NOW + timedelta(days=1)
    changed = replace(SHIRT, names={"ja": "麻シャツ"}, media=None, variants=(VariantDraft("SH-BLUE", {"ja": "紺"}),))
    assert await save(db, changed, now=later) == {"SH-BLUE": ids["SH-BLUE"]}
    assert await rows(db, "SELECT slug, names, version, created_at, updated_at FROM products ORDER BY slug") == [
        ("shirt", {"ja": "麻シャツ"}, 2, NOW, later),
        ("tea", {"ja": "煎茶"}, 1, NOW, NOW),
    ]
    assert await rows(db, "SELECT sku, names FROM variants ORDER BY sku") == [
        ("SH-BLUE", {"ja": "紺"}),
        ("SH-RED", {"ja": "赤"}),
        ("TEA", {}),
    ]
    assert await rows(db, "SELECT count(*) FROM media") == [(2,)]
    # The variant that was left out is still found through its product, by its codes and its color.
    assert await rows(
        db,
        """SELECT slug FROM products
            WHERE search_grams @> '{=sh-red,=4901234567894,赤,紺}' AND NOT search_grams @> '{青}'""",
    ) == [("shirt",)]


async def test_an_sku_moves_to_another_product_with_its_price_and_its_terms(db: Database) -> None:
    channel_id = await open_channel(db)
    ids = await save(db, SHIRT, TEA)
    async with db.write() as tx:
        await set_prices(
            tx,
            channel_id,
            [PriceDraft(ids["SH-RED"], 100), PriceDraft(ids["SH-BLUE"], 300), PriceDraft(ids["TEA"], 500)],
        )
    moved = replace(TEA, variants=(*TEA.variants, VariantDraft("SH-BLUE", {"ja": "青"})))
    assert await save(db, moved) == {"TEA": ids["TEA"], "SH-BLUE": ids["SH-BLUE"]}
    assert await rows(
        db,
        """SELECT slug, price_min_minor, price_max_minor, search_grams @> '{=sh-blue}'
             FROM product_listings JOIN products ON id = product_id ORDER BY slug""",
    ) == [("shirt", 100, 100, False), ("tea", 300, 500, True)]


async def test_switching_off_takes_products_and_variants_out_of_the_channel(db: Database) -> None:
    channel_id = await open_channel(db)
    ids = await save(db, SHIRT, TEA)
    async with db.write() as tx:
        await set_prices(
            tx,
            channel_id,
            [PriceDraft(ids["SH-RED"], 100), PriceDraft(ids["SH-BLUE"], 300), PriceDraft(ids["TEA"], 500)],
        )
    red, blue = SHIRT.variants
    await save(db, replace(SHIRT, variants=(replace(red, is_active=False), blue)), replace(TEA, is_active=False))
    summary = """SELECT slug, price_min_minor, price_max_minor
                   FROM product_listings JOIN products ON id = product_id ORDER BY slug"""
    assert await rows(db, summary) == [("shirt", 300, 300)]
    await save(db, SHIRT, TEA)
    assert await rows(db, summary) == [("shirt", 100, 300), ("tea", 500, 500)]


async def test_thousands_of_products_take_a_few_statements(db: Database, count_statements: Any) -> None:
    products = [
        ProductDraft(
            slug=f"p{number}",
            names={"ja": f"商品{number}", "en": f"Product {number}"},
            variants=(VariantDraft(f"S{number}-1"), VariantDraft(f"S{number}-2")),
        )
        for number in range(4_100)
    ]
    with count_statements() as count:
        async with db.write() as tx:
            ids = await save_products(tx, products, NOW)
    assert len(ids) == 8_200
    assert count.total == 1 + 3 * 4
    assert await rows(db, "SELECT count(*), count(DISTINCT product_id) FROM variants") == [(8_200, 4_100)]


@pytest.mark.parametrize(
    ("product", "problem", "subject"),
    [
        (replace(TEA, slug=""), InvalidDraft, ""),
        (replace(TEA, slug=" tea"), InvalidDraft, " tea"),
        (replace(TEA, names={}), InvalidDraft, "tea"),
        (replace(TEA, names={"ja": "  "}), InvalidDraft, "tea"),
        (replace(TEA, names={"ja": "茶\x00"}), InvalidDraft, "tea"),
        (replace(TEA, brand="\ud800"), InvalidDraft, "tea"),
        (replace(TEA, category_slug="nowhere"), UnknownReference, "nowhere"),
        (replace(TEA, variants=(VariantDraft("X" * 65),)), InvalidDraft, "X" * 65),
        (replace(TEA, variants=(VariantDraft("T\n1"),)), InvalidDraft, "T\n1"),
        (replace(TEA, variants=(VariantDraft("T"), VariantDraft("T"))), InvalidDraft, "T"),
        (replace(TEA, variants=(VariantDraft("T", jan="4901234567891"),)), InvalidDraft, "T"),
        (replace(TEA, variants=(VariantDraft("T", jan="4901234567894"),)), CodeTaken, "SH-RED"),
        (replace(TEA, variants=(VariantDraft("T", weight_g=0),)), InvalidDraft, "T"),
        (replace(TEA, variants=(VariantDraft("T", girth_cm=2**31),)), InvalidDraft, "T"),
    ],
)
async def test_a_draft_that_cannot_be_changes_nothing(
    db: Database, product: ProductDraft, problem: type[InvalidDraft], subject: str
) -> None:
    await save(db, SHIRT)
    with pytest.raises(problem) as refusal:
        await save(db, replace(SHIRT, slug="other", variants=()), product)
    assert refusal.value.facts["subject"] == subject
    assert await rows(db, "SELECT slug FROM products") == [("shirt",)]
    assert await rows(db, "SELECT count(*) FROM variants") == [(2,)]


async def test_nothing_to_save_runs_no_statement(db: Database, count_statements: Any) -> None:
    with count_statements() as count:
        async with db.write() as tx:
            assert await save_products(tx, [], NOW) == {}
    assert count.total == 0
