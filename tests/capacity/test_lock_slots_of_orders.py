"""Who frees a slot after touching stock has locked it before."""

from collections.abc import Callable
from typing import Any

from app.capacity.actions.lock_slots_of_orders import lock_slots_of_orders
from app.kit.db import Database
from app.kit.ids import new_id
from tests.capacity.slots import TEN, TWELVE, book, make_store, wish

_FREE = """
    SELECT begins FROM pickup_slots ORDER BY begins FOR UPDATE SKIP LOCKED
"""


async def test_the_slots_of_these_orders_and_no_others_are_locked(
    db: Database, count_statements: Callable[[], Any]
) -> None:
    async with db.write() as tx:
        store = await make_store(tx)
    own, other = wish(store), wish(store, TWELVE)
    await book(db, own, other)
    async with db.write() as tx:
        await lock_slots_of_orders(tx, [own.order_id])
        async with db.write() as second:
            assert [row["begins"] for row in await second.connection.fetch(_FREE)] == [TWELVE]
    async with db.write() as tx:
        assert [row["begins"] for row in await tx.connection.fetch(_FREE)] == [TEN, TWELVE]
    for order_id, statements in ((own.order_id, 2), (new_id(), 1)):
        with count_statements() as count:
            async with db.write() as tx:
                await lock_slots_of_orders(tx, [order_id])
        assert count.total == statements
