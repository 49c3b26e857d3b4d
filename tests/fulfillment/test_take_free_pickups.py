"""Sweeps wait for nobody."""

from datetime import timedelta

from app.fulfillment.actions.extend_pickup import extend_pickup
from app.fulfillment.actions.take_free_pickups import take_free_pickups
from app.kit.db import Database
from app.orders.sql import lock_order
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, one_more_planned, planned_order
from tests.fulfillment.views import make_arrived, pickup_of


async def test_only_pickups_of_free_orders_in_these_states_are_taken(db: Database) -> None:
    shop, busy = await planned_order(db, konbini_pickup)
    free, early = await one_more_planned(db, shop), await one_more_planned(db, shop)
    pickups = [await make_arrived(db, shop, order_id) for order_id in (busy, free)]
    moved = await make_arrived(db, shop, await one_more_planned(db, shop))
    due = [*pickups, await pickup_of(db, early), moved]
    later = NOW + timedelta(days=9)
    await db.in_write(lambda tx: extend_pickup(tx, moved.id, until=later, actor=STAFF, now=NOW))
    async with db.write() as other:
        await lock_order(other, busy)
        async with db.write() as tx:
            taken = await take_free_pickups(tx, due, ["READY"])
    assert [(row.id, row.mode) for row in taken] == [(pickups[1].id, "CONVENIENCE_STORE_PICKUP")]
