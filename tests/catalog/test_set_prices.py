"""Prices per channel, and the price range of a product that follows them, also when writers race."""

import asyncio
from typing import Any

import pytest

from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.errors import InvalidDraft, UnknownReference
from app.catalog.model import PriceDraft, ProductDraft, VariantDraft
from app.catalog.sql import sellables, variant_ids_by_sku
from app.kit.db import Database
from tests.catalog.shop import open_channel
from tests.conftest import NOW


async def save_shirt(db: Database, variants: int = 3) -> list[int]:
    drafts = tuple(VariantDraft(f"SH-{number}") for number in range(variants))
    async with db.write() as tx:
        ids = await save_products(tx, [ProductDraft("shirt", {"ja": "シャツ"}, drafts)], NOW)
    return [ids[draft.sku] for draft in drafts]


async def listings(db: Database) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """(listings, product listings) as rows."""
    async with db.read() as tx:
        fetch = tx.connection.fetch
        return (
            [
                tuple(row)
                for row in await fetch(
                    """SELECT sku, price_minor, compare_at_minor, is_published
                         FROM listings JOIN variants ON id = variant_id ORDER BY sku, price_minor"""
                )
            ],
            [tuple(row) for row in await fetch("SELECT price_min_minor, price_max_minor FROM product_listings")],
        )


async def test_prices_are_set_changed_and_hidden(db: Database) -> None:
    channel_id = await open_channel(db)
    first, second, third = await save_shirt(db)
    async with db.write() as tx:
        assert await set_prices(tx, channel_id, [PriceDraft(first, 1000), PriceDraft(second, 2000, 2500)]) == 2
    assert await listings(db) == ([("SH-0", 1000, None, True), ("SH-1", 2000, 2500, True)], [(1000, 2000)])
    async with db.write() as tx:
        changes = [
            PriceDraft(first, 1000),
            PriceDraft(second, 1800),
            PriceDraft(third, 0, is_published=False),
        ]
        assert await set_prices(tx, channel_id, changes) == 2
    assert await listings(db) == (
        [("SH-0", 1000, None, True), ("SH-1", 1800, None, True), ("SH-2", 0, None, False)],
        [(1000, 1800)],
    )
    async with db.write() as tx:
        hidden = [PriceDraft(first, 1000, is_published=False), PriceDraft(second, 1800, is_published=False)]
        assert await set_prices(tx, channel_id, hidden) == 2
    assert (await listings(db))[1] == []


async def test_channels_have_prices_of_their_own(db: Database) -> None:
    web, till = await open_channel(db), await open_channel(db, "till", currency="USD")
    first, second, third = await save_shirt(db)
    async with db.write() as tx:
        await set_prices(tx, web, [PriceDraft(first, 1980), PriceDraft(second, 2980, is_published=False)])
        await set_prices(tx, till, [PriceDraft(first, 1500)])
    async with db.read() as tx:
        sold = await sellables(tx, [first, second, third, 2**40], web)
        assert {
            key: (row.sku, row.price_minor, row.currency, row.is_sold, row.names, row.tax_class)
            for key, row in sold.items()
        } == {
            first: ("SH-0", 1980, "JPY", True, {"ja": "シャツ"}, "STANDARD_10"),
            second: ("SH-1", 2980, "JPY", False, {"ja": "シャツ"}, "STANDARD_10"),
            third: ("SH-2", None, "JPY", False, {"ja": "シャツ"}, "STANDARD_10"),
        }
        row = (await sellables(tx, [first], till))[first]
        assert (row.price_minor, row.currency, row.is_sold) == (1500, "USD", True)
        assert await variant_ids_by_sku(tx, ["SH-2", "SH-0", "nope"]) == {"SH-0": first, "SH-2": third}


async def test_writers_that_race_leave_a_true_price_range(db: Database) -> None:
    channel_id = await open_channel(db)
    ids = await save_shirt(db, variants=12)

    async def set_one(variant_id: int, price: int) -> None:
        async with db.write() as tx:
            await set_prices(tx, channel_id, [PriceDraft(variant_id, price)])

    await asyncio.gather(*(set_one(variant_id, 100 + index) for index, variant_id in enumerate(ids)))
    assert (await listings(db))[1] == [(100, 111)]


@pytest.mark.parametrize(("price", "compare_at"), [(-1, None), (2**31, None), (100, 100), (100, 99), (100, 2**31)])
async def test_a_price_that_cannot_be_is_refused(db: Database, price: int, compare_at: int | None) -> None:
    channel_id = await open_channel(db)
    first, second, _ = await save_shirt(db)
    async with db.write() as tx:
        with pytest.raises(InvalidDraft):
            await set_prices(tx, channel_id, [PriceDraft(first, 100), PriceDraft(second, price, compare_at)])
    assert await listings(db) == ([], [])


async def test_unknown_and_repeated_variants_are_refused(db: Database) -> None:
    channel_id = await open_channel(db)
    first, *_ = await save_shirt(db)
    async with db.write() as tx:
        with pytest.raises(UnknownReference, match=r"There is no variant 999999\."):
            await set_prices(tx, channel_id, [PriceDraft(first, 100), PriceDraft(999_999, 100)])
        with pytest.raises(InvalidDraft):
            await set_prices(tx, channel_id, [PriceDraft(first, 100), PriceDraft(first, 200)])
        assert await set_prices(tx, channel_id, []) == 0
    assert await listings(db) == ([], [])
