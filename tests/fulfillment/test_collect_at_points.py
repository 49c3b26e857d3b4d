"""Goods at points are with their buyers."""

from datetime import timedelta

from app.fulfillment.actions.collect_at_points import collect_at_points
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_order
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order
from tests.fulfillment.views import (
    cases_of,
    everything,
    fulfillments_of,
    history_of,
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


async def test_a_collection_is_one_version_of_its_order_with_two_lines(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    [before] = (await everything(db))["orders"]
    facts = len([row for row in (await everything(db))["outbox"] if row["topic"] == "order"])
    await report(db, pickup.id, K.COLLECTED, at=NOW + timedelta(minutes=2))
    assert (await history_of(db, order_id))[-2:] == ["PICKUP_COLLECTED", "COMPLETED"]
    [after] = (await everything(db))["orders"]
    assert after["version"] == before["version"] + 1
    assert len([row for row in (await everything(db))["outbox"] if row["topic"] == "order"]) == facts + 1


async def test_one_that_has_nothing_under_way_is_told_of_as_well(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    line = (OrderHistoryKind.PICKUP_COLLECTED, {"pickup": pickup.number})
    async with db.write() as tx:
        await lock_order(tx, order_id)
        await collect_at_points(tx, [pickup], {pickup.id: line}, actor="key:x", now=NOW)
    assert (await history_of(db, order_id)).count("PICKUP_COLLECTED") == 1
    assert (await order_states(db, order_id))[0] == "PLACED"
