"""A copy of all stock is of one instant, and the feed goes on from it."""

from app.inventory.actions.read_stock import read_stock
from app.kit.cursor import Cursor
from app.kit.db import Database
from tests.inventory.builders import counters, put_stock
from tests.inventory.test_ledger_many import filled
from tests.inventory.test_read_stock_changes import read_through


async def test_copy_and_changes_make_the_present(db: Database) -> None:
    variant_id, stores = await filled(db, 5_003)
    codes: dict[str, int] = {}
    async with read_stock(db) as copy:
        first = await anext(copy.batches)
        async with db.write() as tx:  # while the copy is read: in rows that were read, and in rows that were not
            await put_stock(tx, variant_id, stores[0], 100)
            await put_stock(tx, variant_id, stores[-1], 100)
        rest = [row async for rows in copy.batches for row in rows]
        cursor = Cursor.decode(copy.cursor)
    rows = [*first, *rest]
    assert [row["on_hand"] for row in rows] == list(range(1, 5_004))
    for row, store in zip(rows, stores, strict=True):
        codes[row["location"]] = store
    held = {codes[row["location"]]: row["on_hand"] for row in rows}
    held |= {change["location_id"]: change["on_hand"] for change in await read_through(db, 2, cursor)}
    assert held == {key[1]: row[0] for key, row in (await counters(db)).items()}


async def test_a_copy_of_some_locations(db: Database) -> None:
    _, stores = await filled(db, 3)
    async with read_stock(db, location_ids=stores[1:2]) as copy:
        assert [row["on_hand"] async for rows in copy.batches for row in rows] == [2]
    async with read_stock(db, location_ids=[]) as copy:
        assert [rows async for rows in copy.batches] == []
