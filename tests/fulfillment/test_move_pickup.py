"""Pickups move, and everybody hears of it."""

from datetime import timedelta

import pytest

from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql.pickups import lock_pickups
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, make_ready, pickup_of


async def test_every_step_is_told_with_who_it_concerns(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    async with db.write() as tx:
        locked = (await lock_pickups(tx, [pickup.id]))[pickup.id]
        assert await move_pickup(tx, locked, PickupStep.PREPARE, now=NOW) is PickupStatus.PREPARING
    told = [row for row in (await everything(db))["outbox"] if row["topic"] == "pickup_changed"]
    assert [(row["key"], row["payload"]["status"], row["payload"]["version"]) for row in told] == [
        (str(pickup.id), "REQUESTED", 1),
        (str(pickup.id), "PREPARING", 2),
    ]
    assert told[-1]["payload"] == {
        "pickup_id": str(pickup.id),
        "number": pickup.number,
        "order_id": str(order_id),
        "partner_id": str(shop.partner.partner_id),
        "location_id": shop.konbini,
        "status": "PREPARING",
        "version": 2,
        "is_sandbox": False,
    }


async def test_a_new_end_leaves_the_time_since_when_it_is_ready(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    later = pickup.hold_until + timedelta(days=1)
    async with db.write() as tx:
        locked = (await lock_pickups(tx, [pickup.id]))[pickup.id]
        await move_pickup(tx, locked, PickupStep.EXTEND, now=NOW + timedelta(days=1), hold_until=later)
    after = await pickup_of(db, order_id)
    assert (after.status, after.ready_at, after.hold_until, after.version) == (
        "READY",
        pickup.ready_at,
        later,
        pickup.version + 1,
    )


async def test_what_the_machine_does_not_allow_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    before = await everything(db)
    async with db.write() as tx:
        locked = (await lock_pickups(tx, [pickup.id]))[pickup.id]
        with pytest.raises(InvalidTransition):
            await move_pickup(tx, locked, PickupStep.PREPARE, now=NOW)
    assert await everything(db) == before
