"""Units arrive."""

import pytest

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.errors import InvalidQuantity
from app.inventory.model import StockLine
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.inventory.builders import counters, movements, put_stock
from tests.locations.builders import make_location


async def test_units_of_several_lines_are_put_on_hand(db: Database) -> None:
    async with db.write() as tx:
        shirt, mug = await make_variant(tx), await make_variant(tx)
        store, warehouse = await make_location(tx), await make_location(tx, kind="EC_WAREHOUSE")
        lines = [StockLine(shirt, store, 3), StockLine(mug, warehouse, 40), StockLine(shirt, store, 2)]
        await receive_stock(tx, lines, cause_kind="IMPORT", cause_id=new_id(), actor="key:staff")
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0), (mug, warehouse): (40, 0, 0, 0)}
    assert sorted(await movements(db)) == sorted(
        [("RECEIVED", 3, 0, 0, store), ("RECEIVED", 2, 0, 0, store), ("RECEIVED", 40, 0, 0, warehouse)]
    )


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 2**40])
async def test_impossible_quantities_are_refused(db: Database, quantity: int) -> None:
    async with db.write() as tx:
        shirt, store = await make_variant(tx), await make_location(tx)
    with pytest.raises(InvalidQuantity) as refusal:
        async with db.write() as tx:
            await put_stock(tx, shirt, store, quantity)
    assert refusal.value.facts == {"minimum": 1, "maximum": 1_000_000}
    assert await counters(db) == {}


async def test_places_that_keep_no_stock_and_unknown_variants_are_refused(db: Database) -> None:
    async with db.write() as tx:
        shirt, store = await make_variant(tx), await make_location(tx)
        locker = await make_location(tx, kind="LOCKER_STATION")
        transit: int = await tx.connection.fetchval("SELECT id FROM locations WHERE kind = 'IN_TRANSIT'")
    for variant_id, location_id in [(shirt, locker), (shirt, transit), (shirt, 999_999), (999_999, store)]:
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await put_stock(tx, variant_id, location_id, 1)
    assert await counters(db) == {}


async def test_a_location_never_overflows(db: Database) -> None:
    async with db.write() as tx:
        shirt, store = await make_variant(tx), await make_location(tx)
        many = [StockLine(shirt, store, 1_000_000)] * 2147
        await receive_stock(tx, many, cause_kind="TEST", cause_id=new_id(), actor="test")
    with pytest.raises(InvalidQuantity):
        async with db.write() as tx:
            await put_stock(tx, shirt, store, 1_000_000)
    assert (await counters(db))[shirt, store][0] == 2_147_000_000
