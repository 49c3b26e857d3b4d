"""Parcels of a pickup come back with it; what is back was not delivered."""

import asyncio
from datetime import timedelta

from app.fulfillment.actions.take_back_packages import take_back_packages
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.actions.take_back_shipment import take_back_shipment
from app.fulfillment.model.packages import TrackingKind
from app.fulfillment.sql.packages import lock_packages
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order
from tests.fulfillment.views import cases_of, everything, packages_of, pickup_of, ship_all, stock_of, track

LATER = NOW + timedelta(days=6)


async def test_parcels_come_back_with_their_pickup(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await track(db, package.id, TrackingKind.AT_POINT)
    await track(db, package.id, TrackingKind.RETURNING, at=NOW + timedelta(days=5))
    assert await cases_of(db, package.id) == ["PARCEL_COMES_BACK"]
    pickup = await pickup_of(db, order_id)
    await db.in_write(lambda tx: take_back_pickup(tx, pickup.id, actor=STAFF, now=LATER))
    assert [(row.status, row.status_at) for row in await packages_of(db, order_id)] == [("TAKEN_BACK", LATER)]
    assert (await pickup_of(db, order_id)).status == "RETURNED"
    assert await cases_of(db, package.id) == []


async def test_to_take_back_again_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await db.in_write(lambda tx: take_back_shipment(tx, package.shipment_id, actor=STAFF, now=LATER))
    before = await everything(db)
    async with db.write() as tx:
        taken = await lock_packages(tx, [package.id])
        await take_back_packages(tx, list(taken.values()), actor=STAFF.reference, now=LATER)
    assert await everything(db) == before


async def test_a_parcel_is_delivered_or_back_whoever_comes_first(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    calls = [
        track(db, package.id, TrackingKind.DELIVERED, at=LATER),
        db.in_write(lambda tx: take_back_shipment(tx, package.shipment_id, actor=STAFF, now=LATER)),
    ]
    _, taken_back = await asyncio.gather(*calls, return_exceptions=True)
    [after] = await packages_of(db, order_id)
    on_hand = (await stock_of(db, shop.variants[0], shop.warehouse))[0]
    if taken_back is None:
        assert (after.status, on_hand) == ("TAKEN_BACK", 10)
        assert "CONTRADICTORY_REPORTS" in await cases_of(db, package.id)
    else:
        assert (after.status, on_hand) == ("DELIVERED", 8)
