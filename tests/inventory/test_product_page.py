"""A product's page is read in one statement where it can be, and says the same as in several."""

from typing import Any

import pytest

from app.inventory.sql.product_page import MAX_VARIANTS
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor
from tests.catalog.builders import make_product, make_variant
from tests.channels.builders import make_channel
from tests.conftest import Execute
from tests.inventory.shop import READER, Shop, fill, open_shop
from tests.kit.feed_tools import running_feed, until

# SLUG, PLACE and ID stand for values of each product.
DOCUMENTS = [
    "product(slug: SLUG) { id name description variants { id sku name availability(first: 20) { LEVELS } } }",
    """product(slug: SLUG) { slug priceRange { minimum { amount currency } } variants {
         sku price { amount { formatted } compareAt { amount } } availability(first: 2) { isAvailable LEVELS } } }""",
    'product(slug: SLUG) { variants { availability(near: {postalCode: "150-0001"}, first: 2) { LEVELS } } }',
    "product(slug: SLUG) { variants { availability { available } } }",
    "product(slug: SLUG) { variants { availability { available onHand locations { version onHand } } } }",
    "product(slug: SLUG) { variants { availability(locationIds: [PLACE]) { LEVELS } } }",
    "product(slug: SLUG) { brand variants { price { taxRatePercent tax { amount } isPublished } } }",
    'product(slug: SLUG) { variants(channel: "other") { sku price(channel: "other") { amount { amount } } } }',
    "product(slug: SLUG) { a: variants { sku } b: variants { jan product { slug variants { options { key } } } } }",
    "product(slug: SLUG) { variants { sku price { amount { amount } } product { variants { weightG position } } } }",
    "product(slug: SLUG) { slug category { name } media { url } attributes { key } taxClass isActive createdAt }",
    "product(id: ID) { slug variants { sku availability { LEVELS } } }",
    "product(slug: SLUG) { name(language: EN) variants { name(language: EN) } }",
    """product(slug: SLUG) { variants { sku } }
       b: product(slug: SLUG) { variants { jan price { amount { amount } } } }""",
]
LEVELS = "available locations { available location { code } distanceKm }"


def _document(text: str, slug: str, place: str, product_id: str) -> str:
    for name, value in (("SLUG", f'"{slug}"'), ("PLACE", f'"{place}"'), ("(id: ID", f'(id: "{product_id}"')):
        text = text.replace(name, value)
    return "{ " + text.replace("LEVELS", LEVELS) + " }"


async def _filled(db: Database) -> tuple[Shop, dict[str, int]]:
    shop = await open_shop(db)
    async with db.write() as tx:
        group_id = await tx.connection.fetchval("SELECT location_group_id FROM channels")
        channel_id = await tx.connection.fetchval("SELECT id FROM channels")
        other = await make_channel(tx, group_id, code="other")
        products: dict[str, int] = {}
        for slug in ("shirt", "empty", "hidden", "elsewhere", "many"):
            products[slug] = await make_product(tx, slug=slug, media_urls=["https://img.example/1.jpg"])
        for number in range(4):
            shop.variants[f"S{number}"] = await make_variant(
                tx, f"S{number}", product_id=products["shirt"], channel_id=channel_id, position=3 - number,
                price=1000 + number, compare_at=2000, is_active=number != 2,
            )  # fmt: skip
        await make_variant(tx, "SECRET", product_id=products["shirt"], channel_id=channel_id, is_published=False)
        await make_variant(tx, "HIDDEN", product_id=products["hidden"], channel_id=channel_id, is_published=False)
        await make_variant(tx, "ELSE", product_id=products["elsewhere"], channel_id=other)
        for number in range(MAX_VARIANTS + 3):
            await make_variant(tx, f"M{number:02}", product_id=products["many"], channel_id=channel_id)
    await fill(db, shop, "S0", shibuya=3, umeda=9, sapporo=3, elsewhere=50)
    await fill(db, shop, "S1", depot=1)
    return shop, products


async def is_on(db: Database) -> bool:
    return db.reference.is_on


@pytest.mark.parametrize("actor", [None, READER], ids=["shopper", "staff"])
async def test_one_statement_says_what_several_say(db: Database, actor: Actor | None) -> None:
    shop, products = await _filled(db)

    async def answers() -> list[Any]:
        found: list[Any] = []
        for slug, product_id in [*products.items(), ("none", 999_999)]:
            ids = (shop.place("umeda"), global_id("Product", product_id))
            found += [await Execute(db)(_document(text, slug, *ids), actor=actor) for text in DOCUMENTS]
        return found

    several = await answers()
    async with running_feed(db):
        await until(lambda: is_on(db))
        together = await answers()
    assert together == several
    assert sum(answer.get("product") is not None for answer in several) >= 2 * len(DOCUMENTS)


async def test_the_page_of_a_product_is_one_statement(db: Database, count_statements: Any) -> None:
    await _filled(db)
    counts: list[int] = []
    async with running_feed(db):
        await until(lambda: is_on(db))
        for slug in ("shirt", "shirt", "many"):
            with count_statements() as count:
                data = await Execute(db)(_document(DOCUMENTS[1], slug, "", ""))
            counts.append(sum("outbox" not in one.text for one in count.statements))
    assert len(data["product"]["variants"]) == MAX_VARIANTS + 3
    # The channel, its places, the locations, the page; then the page; then the page, the variants and their stock.
    assert counts == [5, 1, 3]
