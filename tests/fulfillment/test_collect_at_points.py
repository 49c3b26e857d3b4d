"""Goods at points are with their buyers."""

from datetime import timedelta

from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order
from tests.fulfillment.views import (
    cases_of,
    everything,
    fulfillments_of,
    make_arrived,
    order_states,
    payment_status,
    pickup_of,
    report,
    say_code,
)

K = ReportKind


async def test_goods_are_collected_and_the_order_is_over(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup, payment="PAY_AT_PICKUP")
    pickup = await make_arrived(db, shop, order_id)
    await say_code(db, pickup, actor=shop.partner)
    before = (await everything(db))["ledger"]
    await report(db, pickup.id, K.COLLECTED, actor=shop.partner, at=NOW + timedelta(minutes=2))
    assert (await everything(db))["ledger"] == before
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.collected_at) == ("COLLECTED", NOW + timedelta(minutes=2))
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["COMPLETED"]
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert await payment_status(db, order_id) == "CAPTURED"
    assert await cases_of(db, pickup.id) == []


async def test_two_parcels_at_a_point_are_collected_together(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: konbini_pickup(shop, sources=[shop.warehouse, shop.store]))
    pickup = await make_arrived(db, shop, order_id)
    await say_code(db, pickup)
    await report(db, pickup.id, K.COLLECTED)
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["COMPLETED", "COMPLETED"]
    assert (await order_states(db, order_id))[2] == "FULFILLED"


async def test_the_rest_of_an_order_stays_open(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup, lambda shop: home(shop, source=shop.store))
    async with db.write() as tx:
        [part] = [row for row in await fulfillments_of(db, order_id) if row.location_id == shop.warehouse]
        await create_shipment(tx, part.id, [PackageDraft("yamato", "1")], actor=STAFF, now=NOW)
    pickup = await pickup_of(db, order_id)
    await report(db, pickup.id, K.ARRIVED)
    await report(db, pickup.id, K.COLLECTED, at=NOW + timedelta(minutes=1))
    assert sorted(row.status for row in await fulfillments_of(db, order_id)) == ["COMPLETED", "OPEN"]
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "PARTIALLY_FULFILLED")
