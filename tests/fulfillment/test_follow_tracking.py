"""Parcels to points: when the last one is there, the pickup has arrived."""

from datetime import timedelta

from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.follow_tracking import follow_tracking
from app.fulfillment.model.packages import PackageDraft, TrackingKind
from app.fulfillment.sql.packages import lock_packages
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Shop, konbini_pickup, planned_order
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    history_of,
    packages_of,
    pickup_of,
    ship_all,
    track,
)

K = TrackingKind
HOUR = timedelta(hours=1)


def _from_two_places(shop: Shop) -> object:
    return konbini_pickup(shop, sources=[shop.warehouse, shop.store])


async def test_a_parcel_at_its_point_is_an_arrival(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await track(db, package.id, K.IN_TRANSIT)
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"
    await track(db, package.id, K.AT_POINT, at=NOW + HOUR, now=NOW + 2 * HOUR)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.arrived_at, pickup.hold_until) == (
        "READY",
        NOW + HOUR,
        NOW + HOUR + timedelta(days=4),
    )
    [report] = (await everything(db))["pickup_reports"]
    assert (report["kind"], report["reporter"], report["actor"], report["is_collectable"]) == (
        "ARRIVED",
        "tracking",
        "key:staff",
        True,
    )
    assert (await history_of(db, order_id))[-1] == "PICKUP_ARRIVED"


async def test_a_pickup_has_arrived_with_the_last_parcel_in_whatever_order_it_is_told(db: Database) -> None:
    _, order_id = await planned_order(db, _from_two_places)
    first, second = await fulfillments_of(db, order_id)
    async with db.write() as tx:
        parcels = [PackageDraft("yamato", "1"), PackageDraft("yamato", "2")]
        await create_shipment(tx, first.id, parcels, actor=STAFF, now=NOW)
    one, two = await packages_of(db, order_id)
    await track(db, two.id, K.AT_POINT, at=NOW + 3 * HOUR)
    await track(db, one.id, K.AT_POINT, at=NOW + HOUR, now=NOW + 4 * HOUR)
    # The other place has not sent its parcel yet.
    assert (await pickup_of(db, order_id)).status == "PREPARING"
    async with db.write() as tx:
        await create_shipment(tx, second.id, [PackageDraft("yamato", "3")], actor=STAFF, now=NOW)
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"
    three = (await packages_of(db, order_id))[2]
    await track(db, three.id, K.AT_POINT, at=NOW + 2 * HOUR, now=NOW + 5 * HOUR)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.arrived_at) == ("READY", NOW + 3 * HOUR)


async def test_to_follow_again_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await track(db, package.id, K.AT_POINT)
    before = await everything(db)
    async with db.write() as tx:
        taken = await lock_packages(tx, [package.id])
        await follow_tracking(tx, list(taken.values()), actor="test", now=NOW)
    assert await everything(db) == before
