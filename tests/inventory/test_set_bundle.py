"""What a bundle may be made of."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.inventory.builders import counters, put_stock, stocked
from tests.inventory.selling import bundle, bundled, sell_ahead


async def test_a_bundle_gets_no_stock_of_its_own(db: Database) -> None:
    tea_set, _, _, place = await bundled(db, 1, 1)
    before = await counters(db)
    with pytest.raises(InvalidInput, match="no stock of its own"):
        async with db.write() as tx:
            await put_stock(tx, tea_set, place, 1)
    assert await counters(db) == before


async def test_a_bundle_is_made_of_what_has_stock_and_is_none(db: Database) -> None:
    tea_set, cup, pot, _ = await bundled(db, 1, 1)
    async with db.write() as tx:
        other = await make_variant(tx)
        await sell_ahead(tx, other, 3)
    for bad, components in ((tea_set, {tea_set: 1}), (cup, {other: 1}), (pot, {tea_set: 1}), (other, {cup: 1})):
        with pytest.raises(InvalidInput):
            async with db.write() as tx:
                await bundle(tx, bad, components)
    for wrong in ({cup: 0}, {cup: 1001}):
        with pytest.raises(InvalidInput, match="1 to 1000 units"):
            async with db.write() as tx:
                await bundle(tx, tea_set, wrong)
    async with db.write() as tx:
        await bundle(tx, tea_set, {cup: 3, other: 2})
    async with db.read() as tx:
        rows = await tx.fetch(Statement("SELECT * FROM bundle_components ORDER BY component_variant_id"))
    assert [tuple(row) for row in rows] == [(tea_set, cup, 3), (tea_set, other, 2)]


async def test_what_is_no_bundle_any_more_may_have_stock(db: Database) -> None:
    tea_set, cup, pot, place = await bundled(db, 1, 1)
    async with db.write() as tx:
        await bundle(tx, tea_set, {})
        await put_stock(tx, tea_set, place, 4)
    assert await counters(db) == {
        (cup, place): (1, 0, 0, 0),
        (pot, place): (1, 0, 0, 0),
        (tea_set, place): (4, 0, 0, 0),
    }
    single, [shelf] = await stocked(db, 1)
    with pytest.raises(InvalidInput, match="stock of its own"):
        async with db.write() as tx:
            await bundle(tx, single, {cup: 1})
    assert shelf
