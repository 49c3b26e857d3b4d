"""Purchase orders are called off."""

from app.kit.db import Database
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.purchases import ordered, purchase, step


async def test_nothing_is_expected_any_more(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 10))
    await step(db, order_id, "CANCEL", expected_version=2)
    assert await purchase(db, order_id) == ("CANCELED", 3, [(shirt, 10, 0, None)])
    assert await counters(db) == {}
    assert (await facts(db, "purchase_order_changed"))[-1]["status"] == "CANCELED"
