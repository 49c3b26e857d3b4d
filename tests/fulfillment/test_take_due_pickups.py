"""Sweeps wait for nobody, and take nothing that changed."""

from datetime import timedelta
from uuid import UUID

from app.fulfillment.actions.remind_pickups import remind_pickups
from app.fulfillment.actions.take_due_pickups import take_due_pickups
from app.fulfillment.sql.due_pickups import pickups_to_remind
from app.fulfillment.sql.pickups import lock_pickups
from app.kit.db import Database
from app.orders.sql import lock_order
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, one_more_planned, planned_order, store_pickup
from tests.fulfillment.due import expire, remind
from tests.fulfillment.views import make_arrived, make_ready, pickup_of

DUE = NOW + timedelta(days=3, hours=1)
_LATER = "UPDATE pickups SET hold_until = hold_until + interval '1 hour'"
LATE = NOW + timedelta(days=6, hours=1)


async def test_only_pickups_of_free_orders_at_points_are_taken(db: Database) -> None:
    shop, busy = await planned_order(db, konbini_pickup)
    free = await one_more_planned(db, shop)
    for order_id in (busy, free):
        await make_arrived(db, shop, order_id)
    async with db.write() as other:
        await lock_order(other, busy)
        assert await remind(db, DUE) == 1
    assert await _statuses(db, busy, free) == ["READY", "EXPIRING"]


async def test_only_pickups_of_free_orders_at_stores_are_taken(db: Database) -> None:
    shop, busy = await planned_order(db, store_pickup)
    free = await one_more_planned(db, shop, store_pickup)
    for order_id in (busy, free):
        await make_ready(db, order_id)
    async with db.write() as other:
        await lock_order(other, busy)
        assert await remind(db, LATE) == 1
        assert await _statuses(db, busy, free) == ["READY", "EXPIRING"]
        assert await expire(db, LATE + timedelta(days=9)) == 1
    assert await _statuses(db, busy, free) == ["READY", "EXPIRED"]


async def _statuses(db: Database, *orders: UUID) -> list[str]:
    return [(await pickup_of(db, order_id)).status for order_id in orders]


async def test_pickups_at_stores_that_changed_meanwhile_are_left_out(db: Database) -> None:
    shop, first = await planned_order(db, store_pickup)
    for order_id in (first, await one_more_planned(db, shop, store_pickup)):
        await make_ready(db, order_id)
    async with db.write() as tx:
        due = await pickups_to_remind(tx, None, 9, now=LATE)
        assert len(due) == 2
        await tx.connection.execute(
            "UPDATE pickups SET hold_until = hold_until + interval '1 day' WHERE order_id = $1", first
        )
        assert await remind_pickups(tx, due, now=LATE) == 1
        assert await remind_pickups(tx, due, now=LATE) == 0
    assert (await pickup_of(db, first)).status == "READY"


async def test_they_are_found_in_the_order_of_their_ends_page_by_page(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    orders = [first, *[await one_more_planned(db, shop) for _ in range(4)]]
    for order_id in orders:
        await make_arrived(db, shop, order_id)
    async with db.write() as tx:
        await tx.connection.execute(
            "UPDATE pickups SET hold_until = hold_until - interval '1 hour' WHERE order_id = $1", orders[3]
        )
        [*whole] = await pickups_to_remind(tx, None, 9, now=DUE + timedelta(hours=1))
        pages = [await pickups_to_remind(tx, None, 2, now=DUE + timedelta(hours=1))]
        while len(pages[-1]) == 2:
            pages.append(await pickups_to_remind(tx, pages[-1][-1], 2, now=DUE + timedelta(hours=1)))
    assert [row.id for page in pages for row in page] == [row.id for row in whole]
    assert [row.order_id for row in whole] == [orders[3], *orders[:3], orders[4]]


async def test_what_has_another_status_or_end_is_left_out(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    for order_id in (first, await one_more_planned(db, shop)):
        await make_arrived(db, shop, order_id)
    async with db.write() as tx:
        due = await pickups_to_remind(tx, None, 9, now=DUE)
        assert len(due) == 2
        assert len(await take_due_pickups(tx, due, ["READY"])) == 2
        assert await take_due_pickups(tx, due, ["EXPIRING"]) == []
        await tx.connection.execute("UPDATE pickups SET hold_until = hold_until + interval '1 day'")
        assert await take_due_pickups(tx, due, ["READY"]) == []
        await tx.connection.execute("UPDATE pickups SET hold_until = hold_until - interval '1 day'")
        assert len(await lock_pickups(tx, [row.id for row in due])) == 2
    async with db.write() as tx:
        assert await take_due_pickups(tx, [], ["READY"]) == []
