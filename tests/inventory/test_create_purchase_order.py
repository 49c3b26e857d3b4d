"""Purchase orders are put together."""

from datetime import date

import pytest

from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.purchases import draft, purchase
from tests.inventory.selling import bundled
from tests.inventory.transfers import transit
from tests.locations.builders import make_location

DAY = date(2026, 12, 1)


async def test_a_draft_moves_nothing(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await draft(db, store, (shirt, 10, DAY), (shirt, 5), reference="T-77")
    assert await purchase(db, order_id) == ("DRAFT", 1, [(shirt, 10, 0, DAY), (shirt, 5, 0, None)])
    assert await facts(db, "purchase_order_changed") == [
        {"purchase_order_id": str(order_id), "location_id": store, "status": "DRAFT", "variant_ids": [shirt]}
    ]
    assert await counters(db) == {}
    async with db.read() as tx:
        row = await tx.connection.fetchrow("SELECT number, supplier_name, supplier_reference FROM purchase_orders")
    assert row is not None
    assert (row["number"][:3], row["supplier_name"], row["supplier_reference"]) == ("PO-", "Tanaka Textiles", "T-77")


async def test_impossible_purchase_orders_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    async with db.write() as tx:
        konbini = await make_location(tx, kind="CONVENIENCE_STORE")
    for place in (konbini, await transit(db), 999_999):
        with pytest.raises(NotFound):
            await draft(db, place, (shirt, 1))
    for quantity in (0, -1, 1_000_001):
        with pytest.raises(InvalidQuantity):
            await draft(db, store, (shirt, quantity))
    with pytest.raises(InvalidInput):
        await draft(db, store)
    assert await facts(db, "purchase_order_changed") == []


async def test_bundles_are_not_bought(db: Database) -> None:
    """They could never be received."""
    tea_set, cup, _, place = await bundled(db, 4, 1)
    with pytest.raises(InvalidInput) as refusal:
        await draft(db, place, (cup, 3), (tea_set, 1))
    assert refusal.value.path == ["input", "lines", "1", "sku"]
    assert await facts(db, "purchase_order_changed") == []
