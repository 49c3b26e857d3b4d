"""A parcel leaves with a carrier."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.errors import TrackingNumberUsed
from app.fulfillment.model.packages import PackageDraft, TemperatureClass
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    history_of,
    order_states,
    packages_of,
    pickup_of,
    stock_of,
    work_of,
)


async def _ship(
    db: Database, fulfillment_id: UUID, number: str = "1234-5678", carrier: str = "yamato", actor: Actor = STAFF
) -> UUID:
    async with db.write() as tx:
        return await create_shipment(tx, fulfillment_id, [PackageDraft(carrier, number)], actor=actor, now=NOW)


async def _shipments(db: Database) -> list[dict[str, Any]]:
    return (await everything(db))["shipments"]


async def test_a_home_delivery_completes_its_order(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    shipment_id = await _ship(db, fulfillment.id, " 1234-5678 ")
    assert await _shipments(db) == [
        {
            "id": shipment_id,
            "fulfillment_id": fulfillment.id,
            "order_id": order_id,
            "shipped_at": NOW,
        }
    ]
    [package] = await packages_of(db, order_id)
    assert (package.number, package.carrier, package.tracking_number, package.status, package.temperature) == (
        1,
        "yamato",
        "1234-5678",
        "LABELED",
        "NORMAL",
    )
    assert package.is_number_plausible is False
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["SHIPPED"]
    assert await work_of(db) == [("PICK", shop.warehouse, "DONE"), ("SHIP", shop.warehouse, "DONE")]
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (8, 0)
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")
    assert "SHIPPED" in await history_of(db, order_id)


async def test_one_of_two_parcels_leaves_the_order_partially_fulfilled(db: Database) -> None:
    _, order_id = await planned_order(db, home, lambda shop: home(shop, units=1, source=shop.store))
    [first, second] = await fulfillments_of(db, order_id)
    await _ship(db, first.id, "1")
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "PARTIALLY_FULFILLED")
    await _ship(db, second.id, "2")
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")


async def test_a_parcel_to_a_point_is_on_its_way_and_not_fulfilled_yet(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    [fulfillment] = await fulfillments_of(db, order_id)
    await _ship(db, fulfillment.id)
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 0)


async def test_a_point_waits_for_the_last_parcel(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: konbini_pickup(shop, sources=[shop.warehouse, shop.store]))
    [first, second] = await fulfillments_of(db, order_id)
    await _ship(db, first.id, "1")
    assert (await pickup_of(db, order_id)).status == "PREPARING"
    await _ship(db, second.id, "2")
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"


async def test_a_fulfillment_is_shipped_once(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    await _ship(db, fulfillment.id)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _ship(db, fulfillment.id, "another")
    assert refusal.value.facts == {"current_status": "SHIPPED"}
    assert await everything(db) == before


async def test_a_tracking_number_belongs_to_one_parcel_of_its_carrier(db: Database) -> None:
    _, order_id = await planned_order(db, home, lambda shop: home(shop, source=shop.store))
    [first, second] = await fulfillments_of(db, order_id)
    await _ship(db, first.id, "1")
    before = await everything(db)
    with pytest.raises(TrackingNumberUsed) as refusal:
        await _ship(db, second.id, "1")
    assert refusal.value.path == ["input", "packages", "0", "trackingNumber"]
    assert await everything(db) == before
    await _ship(db, second.id, "1", carrier="sagawa")


async def test_a_pickup_at_an_own_store_is_not_shipped(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    [fulfillment] = await fulfillments_of(db, order_id)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _ship(db, fulfillment.id)
    assert refusal.value.facts == {"current_status": "OPEN"}
    assert await everything(db) == before


@pytest.mark.parametrize(("carrier", "number"), [("", "1"), ("yamato", "  "), ("x" * 61, "1"), ("yamato", "9" * 61)])
async def test_carrier_and_number_have_1_to_60_characters(db: Database, carrier: str, number: str) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    before = await everything(db)
    with pytest.raises(InvalidInput) as refusal:
        await _ship(db, fulfillment.id, number, carrier)
    assert refusal.value.path[0] == "input"
    assert await everything(db) == before


async def test_a_key_for_other_locations_finds_no_such_fulfillment(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    before = await everything(db)
    with pytest.raises(NotFound):
        await _ship(db, fulfillment.id, actor=replace(STAFF, location_ids=frozenset({shop.store})))
    with pytest.raises(NotFound):
        await _ship(db, new_id())
    assert await everything(db) == before


async def _ship_parcels(db: Database, fulfillment_id: UUID, *parcels: PackageDraft) -> UUID:
    async with db.write() as tx:
        return await create_shipment(tx, fulfillment_id, parcels, actor=STAFF, now=NOW)


async def test_goods_leave_in_several_parcels(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    await _ship_parcels(
        db,
        fulfillment.id,
        PackageDraft("Yamato", "100000000004", "宅急便", 300, 200, 100, 1500, TemperatureClass.CHILLED),
        PackageDraft("Our own van", "2"),
        PackageDraft("sagawa", "100000000005"),
    )
    assert [
        (
            row.number,
            row.carrier,
            row.tracking_number,
            row.is_number_plausible,
            row.service,
            row.length_mm,
            row.width_mm,
            row.height_mm,
            row.weight_g,
            row.temperature,
        )
        for row in await packages_of(db, order_id)
    ] == [
        (1, "yamato", "100000000004", True, "宅急便", 300, 200, 100, 1500, "CHILLED"),
        (3, "sagawa", "100000000005", False, None, None, None, None, None, "NORMAL"),
        (2, "Our own van", "2", True, None, None, None, None, None, "NORMAL"),
    ]
    facts = [row["facts"] for row in (await everything(db))["order_history"] if row["kind"] == "SHIPPED"]
    assert facts == [
        {
            "carrier": "yamato",
            "trackingNumber": "100000000004",
            "trackingNumbers": ["100000000004", "2", "100000000005"],
        }
    ]


@pytest.mark.parametrize(
    ("parcels", "path"),
    [
        ([], ["input", "packages"]),
        ([PackageDraft("x", str(number)) for number in range(51)], ["input", "packages"]),
        ([PackageDraft("x", "1"), PackageDraft("x", " 1 ")], ["input", "packages", "1", "trackingNumber"]),
        ([PackageDraft("x", "1", " ")], ["input", "packages", "0", "service"]),
        ([PackageDraft("x", "1", None, 10, 10)], ["input", "packages", "0", "lengthMm"]),
        ([PackageDraft("x", "1", None, 10, 0, 10)], ["input", "packages", "0", "widthMm"]),
        ([PackageDraft("x", "1", None, 10, 10, 10_001)], ["input", "packages", "0", "heightMm"]),
        ([PackageDraft("x", "1", weight_g=1_000_001)], ["input", "packages", "0", "weightG"]),
    ],
)
async def test_parcels_that_cannot_be_do_not_leave(db: Database, parcels: list[PackageDraft], path: list[str]) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    before = await everything(db)
    with pytest.raises(InvalidInput) as refusal:
        await _ship_parcels(db, fulfillment.id, *parcels)
    assert refusal.value.path == path
    assert await everything(db) == before
