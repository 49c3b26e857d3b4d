"""What has not come is given up."""

from app.kit.db import Database
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.purchases import deliver, ordered, purchase, step


async def test_what_has_come_stays(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 10))
    await deliver(db, order_id, {1: 4})
    await step(db, order_id, "CLOSE", expected_version=3)
    assert await purchase(db, order_id) == ("CLOSED_SHORT", 4, [(shirt, 10, 4, None)])
    assert await counters(db) == {(shirt, store): (4, 0, 0, 0)}
    assert (await facts(db, "purchase_order_changed"))[-1]["status"] == "CLOSED_SHORT"
