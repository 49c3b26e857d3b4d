"""Stock rows are compared with their history, and what differs is remembered until it does not."""

from app.inventory.actions.compare_stock import compare_stock
from app.inventory.model.selling import StockKey
from app.kit.db import Database
from tests.conftest import NOW
from tests.inventory.builders import stocked
from tests.inventory.drifting import tamper


async def test_what_differs_is_remembered_until_it_does_not(db: Database) -> None:
    shirt, [store, depot, third] = await stocked(db, 5, 6, 7)
    await tamper(db, f"UPDATE stock SET on_hand = on_hand + 1 WHERE location_id <> {third}")

    async def compared(*keys: StockKey) -> list[tuple[int, int, int]]:
        rows = await db.in_write(lambda tx: compare_stock(tx, keys, now=NOW))
        return [(row["location_id"], row["on_hand"], row["ledger_on_hand"]) for row in rows]

    assert await compared((shirt, store), (shirt, third)) == [(store, 6, 5)]
    assert await compared() == [(store, 6, 5)]
    assert sorted(await compared((shirt, depot))) == [(store, 6, 5), (depot, 7, 6)]
    await tamper(db, f"UPDATE stock SET on_hand = on_hand - 1 WHERE location_id = {store}")
    assert await compared() == [(depot, 7, 6)]
    await tamper(db, f"UPDATE stock SET on_hand = on_hand - 1 WHERE location_id = {depot}")
    assert await compared((shirt, 999_999)) == []
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM stock_drifts") == 0
