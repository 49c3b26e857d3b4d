"""Who frees a slot after touching stock has locked it before."""

from collections.abc import Callable
from typing import Any

from app.capacity.actions.lock_slots_of_orders import lock_slots_of_orders
from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.model.work import ShortReason
from app.kit.db import Database
from app.kit.ids import new_id
from tests.capacity.slots import TEN, TWELVE, book, make_store, wish
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.test_reschedule_pickup import collected_in_slot

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


async def test_a_store_that_has_nothing_locks_the_slot_before_the_stock(
    db: Database, count_statements: Callable[[], Any]
) -> None:
    await collected_in_slot(db)
    async with db.read() as tx:
        work_id = await tx.connection.fetchval("SELECT id FROM work_instructions WHERE kind = 'PREPARE_PICKUP'")
    lines, reason = [ShortLine(1, 1)], ShortReason.NOT_IN_STOCK
    with count_statements() as count:
        await db.in_write(
            lambda tx: report_short(tx, work_id, lines, reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
        )
    texts = [repr(one) for one in count.statements]
    slot = next(number for number, one in enumerate(texts) if "FROM pickup_slot" in one)
    stock = next(number for number, one in enumerate(texts) if "holds" in one or "ledger" in one)
    assert slot < stock
