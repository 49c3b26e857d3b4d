"""Slots of orders that will not be collected are free again."""

from collections.abc import Callable

from app.capacity.actions.release_slots import release_slots
from app.kit.db import Database
from app.kit.ids import new_id
from tests.capacity.slots import TEN, TWELVE, book, booked, counters, make_store, wish
from tests.conftest import Count


async def test_all_slots_of_an_order_are_free_once(db: Database, count_statements: Callable[[], Count]) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 2)
    order_id = new_id()
    wishes = [wish(store, order_id=order_id), wish(store, TWELVE, order_id=order_id), wish(store)]
    assert await book(db, *wishes) == [None, None, None]
    assert await db.in_write(lambda tx: release_slots(tx, [order_id])) == 2
    assert await counters(db) == [(TEN, 2, 1, 2), (TWELVE, 2, 0, 2)]
    assert await booked(db) == {wishes[2].delivery_id: TEN}
    with count_statements() as counted:  # type: ignore[attr-defined]
        assert await db.in_write(lambda tx: release_slots(tx, [order_id])) == 0
    assert counted.total == 1
    assert await book(db, wish(store), wish(store)) == [None, "FULL"]


async def test_one_delivery_of_an_order(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    order_id = new_id()
    wishes = [wish(store, order_id=order_id), wish(store, TWELVE, order_id=order_id)]
    await book(db, *wishes)
    assert await db.in_write(lambda tx: release_slots(tx, delivery_ids=[wishes[0].delivery_id])) == 1
    assert await booked(db) == {wishes[1].delivery_id: TWELVE}
