"""Slots that nobody needs any more go to others; those that have begun stay."""

from datetime import datetime

import pytest

from app.fulfillment.actions.cancel_missing_units import cancel_missing_units
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.model.pickups import PickupExpiryReason
from app.inventory.actions.release_holds import release_holds
from app.kit.db import Database
from tests.capacity.slots import HOUR, TEN, booked
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, make_order, store_pickup
from tests.fulfillment.slots import keep_slot, only_pickup, slot_shop
from tests.fulfillment.test_reschedule_pickup import collected_in_slot
from tests.fulfillment.views import make_ready, make_verified


@pytest.mark.parametrize(("at", "left"), [(NOW, 0), (TEN - HOUR, 0), (TEN, 1), (TEN + HOUR, 1)])
async def test_who_comes_before_the_slot_frees_it(db: Database, at: datetime, left: int) -> None:
    _, order_id, _ = await collected_in_slot(db)
    pickup = await make_verified(db, order_id)
    async with db.write() as tx:
        await tx.connection.execute("UPDATE pickups SET verified_at = $1", at)
    await db.in_write(lambda tx: hand_over(tx, pickup.id, actor=STAFF, now=at))
    assert len(await booked(db)) == left


@pytest.mark.parametrize(("reason", "at"), [("BUYER_DECLINED", NOW), ("HOLD_ENDED", TEN + 24 * 8 * HOUR)])
async def test_who_does_not_come_at_all(db: Database, reason: str, at: datetime) -> None:
    _, order_id, _ = await collected_in_slot(db)
    pickup = await make_ready(db, order_id)
    await db.in_write(lambda tx: expire_pickup(tx, pickup.id, reason=PickupExpiryReason(reason), actor=STAFF, now=at))
    assert await booked(db) == {}


async def test_of_two_deliveries_the_other_one_goes_on(db: Database) -> None:
    shop = await slot_shop(db)
    async with db.write() as tx:
        order_id = await make_order(tx, shop, store_pickup(shop), home(shop))
    await keep_slot(db, shop, order_id)
    async with db.write() as tx:
        await plan_work(tx, order_id, now=NOW)
    pickup = await make_ready(db, order_id)
    await db.in_write(
        lambda tx: expire_pickup(tx, pickup.id, reason=PickupExpiryReason.BUYER_DECLINED, actor=STAFF, now=NOW)
    )
    assert await booked(db) == {}


@pytest.mark.parametrize("is_planned", [False, True])
@pytest.mark.parametrize("has_more", [False, True])
async def test_units_that_are_missing_need_no_slot(db: Database, *, is_planned: bool, has_more: bool) -> None:
    shop = await slot_shop(db)
    async with db.write() as tx:
        order_id = await make_order(tx, shop, store_pickup(shop), *([home(shop)] if has_more else []))
    await keep_slot(db, shop, order_id)
    async with db.write() as tx:
        if is_planned:
            await plan_work(tx, order_id, now=NOW)
        await release_holds(tx, order_id, actor="test", line_nos=[1])
    await db.in_write(lambda tx: cancel_missing_units(tx, order_id, {1: 1}, now=NOW))
    assert await booked(db) == {}
    if is_planned:
        assert (await only_pickup(db)).status == "CANCELED"
