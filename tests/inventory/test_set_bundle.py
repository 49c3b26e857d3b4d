"""What a bundle may be made of."""

import asyncio
from typing import Any

import pytest

from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.model.purchases import PurchaseOrderStatus
from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.inventory import counts, purchases
from tests.inventory.builders import counters, put_stock, stocked
from tests.inventory.selling import bundle, bundled, sell_ahead
from tests.inventory.transfers import send


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


async def single(db: Database, *quantities: int) -> tuple[int, int, list[int]]:
    """(a variant without stock, one to make it of, places)."""
    cup, places = await stocked(db, *quantities)
    async with db.write() as tx:
        return await make_variant(tx), cup, places


async def refused(db: Database, variant_id: int, cup: int, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        async with db.write() as tx:
            await bundle(tx, variant_id, {cup: 2})
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT count(*) FROM bundle_components")) == 0


@pytest.mark.parametrize("status", list(PurchaseOrderStatus))
async def test_what_is_bought_becomes_no_bundle(db: Database, status: PurchaseOrderStatus) -> None:
    pot, cup, [place] = await single(db, 1)
    await purchases.in_state(db, status, place, pot)
    if status in {PurchaseOrderStatus.DRAFT, PurchaseOrderStatus.ORDERED}:
        await refused(db, pot, cup, "An open purchase order has this variant")
    elif status is PurchaseOrderStatus.CANCELED:
        async with db.write() as tx:
            await bundle(tx, pot, {cup: 2})
    else:
        await refused(db, pot, cup, "stock of its own")


async def test_what_is_sent_counted_kept_or_set_aside_becomes_no_bundle(db: Database) -> None:
    pot, cup, [place, other] = await single(db, 1, 1)
    count_id = await counts.opened(db, place, pot)
    await refused(db, pot, cup, "being counted")
    await counts.cancel(db, count_id)
    await keep(db, pot, place, 3)
    await refused(db, pot, cup, "safety stock to 0 first")
    await keep(db, pot, place, 0)
    await send(db, place, other, (pot, 1), is_draft=True)
    await refused(db, pot, cup, "An open transfer has this variant")


async def keep(db: Database, variant_id: int, place: int, quantity: int) -> None:
    async with db.write() as tx:
        await set_safety_stock(
            tx, variant_id=variant_id, location_id=place, quantity=quantity, cause_id=new_id(), actor="test"
        )


async def test_nothing_of_a_bundle_is_kept_off_sale(db: Database) -> None:
    tea_set, _, _, place = await bundled(db, 1, 1)
    before = await counters(db)
    with pytest.raises(InvalidInput, match="keep units of its components") as refusal:
        await keep(db, tea_set, place, 1)
    assert refusal.value.path == ["input", "sku"]
    await keep(db, tea_set, place, 0)
    assert {key: row for key, row in (await counters(db)).items() if key[0] != tea_set} == before


async def test_whoever_buys_a_variant_and_makes_it_a_bundle_at_once_does_one_of_both(db: Database) -> None:
    pot, cup, [place] = await single(db, 1)

    async def put_together() -> Any:
        async with db.write() as tx:
            return await bundle(tx, pot, {cup: 2})

    won = list[tuple[bool, bool]]()
    for _ in range(10):
        tries = [purchases.draft(db, place, (pot, 1)), put_together()]
        bought, made = await asyncio.gather(*tries, return_exceptions=True)
        won.append((isinstance(bought, InvalidInput), isinstance(made, InvalidInput)))
        async with db.write() as tx:
            await bundle(tx, pot, {})
            await tx.connection.execute("DELETE FROM purchase_order_lines")
            await tx.connection.execute("DELETE FROM purchase_orders")
    assert all(refused != kept for refused, kept in won), won
