"""Sweeps wait for nobody, and take nothing that changed."""

from datetime import timedelta

from app.fulfillment.actions.take_due_pickups import take_due_pickups
from app.fulfillment.sql.due_pickups import pickups_to_remind
from app.fulfillment.sql.pickups import lock_pickups
from app.kit.db import Database
from app.orders.sql import lock_order
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, one_more_planned, planned_order
from tests.fulfillment.views import make_arrived

DUE = NOW + timedelta(days=3, hours=1)


async def test_only_pickups_of_free_orders_are_due(db: Database) -> None:
    shop, busy = await planned_order(db, konbini_pickup)
    free = await one_more_planned(db, shop)
    pickups = [await make_arrived(db, shop, order_id) for order_id in (busy, free)]
    async with db.write() as other:
        await lock_order(other, busy)
        async with db.write() as tx:
            due = await pickups_to_remind(tx, now=DUE, limit=9)
            taken = await take_due_pickups(tx, due, ["READY"])
    assert [(row.id, row.mode) for row in taken] == [(pickups[1].id, "CONVENIENCE_STORE_PICKUP")]


async def test_what_has_another_status_or_end_is_left_out(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    for order_id in (first, await one_more_planned(db, shop)):
        await make_arrived(db, shop, order_id)
    async with db.write() as tx:
        due = await pickups_to_remind(tx, now=DUE, limit=9)
        assert len(due) == 2
        assert len(await take_due_pickups(tx, due, ["READY"])) == 2
        assert await take_due_pickups(tx, due, ["EXPIRING"]) == []
        await tx.connection.execute("UPDATE pickups SET hold_until = hold_until + interval '1 day'")
        assert await take_due_pickups(tx, due, ["READY"]) == []
        await tx.connection.execute("UPDATE pickups SET hold_until = hold_until - interval '1 day'")
        assert len(await lock_pickups(tx, [row.id for row in due])) == 2
    async with db.write() as tx:
        assert await take_due_pickups(tx, [], ["READY"]) == []
