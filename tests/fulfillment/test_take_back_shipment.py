"""Parcels that did not reach their buyer are back."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.put_back_units import ReturnedGoods
from app.fulfillment.actions.take_back_shipment import take_back_shipment
from app.fulfillment.model.packages import TrackingKind
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor
from tests.conftest import NOW, Execute, keyed
from tests.fulfillment.builders import STAFF, Shop, home, konbini_pickup, planned_order
from tests.fulfillment.views import (
    cases_of,
    everything,
    fulfillments_of,
    history_of,
    order_states,
    packages_of,
    ship_all,
    stock_of,
    track,
)
from tests.pump import pump

LATER = NOW + timedelta(days=3)
TAKE_BACK = """mutation ($input: ShipmentTakeBackInput!) { shipmentTakeBack(input: $input) {
  replayed shipment { packages { status } } userErrors { code path }
} }"""


async def _take_back(
    db: Database, shipment_id: UUID, goods: ReturnedGoods | None = None, at: int | None = None, actor: Actor = STAFF
) -> None:
    await db.in_write(
        lambda tx: take_back_shipment(tx, shipment_id, goods=goods, location_id=at, actor=actor, now=LATER)
    )


async def _refused(db: Database, *parts: Any) -> tuple[Shop, UUID, Any]:
    """An order whose first parcel its buyer did not take."""
    shop, order_id = await planned_order(db, *(parts or (home,)))
    await ship_all(db, order_id)
    package = (await packages_of(db, order_id))[0]
    await track(db, package.id, TrackingKind.REFUSED)
    return shop, order_id, package


async def test_a_refused_parcel_is_in_stock_again_and_its_price_to_be_paid_back(db: Database) -> None:
    shop, order_id, package = await _refused(db)
    await pump(db)  # the card is charged when the order is complete
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (8, 0)
    await _take_back(db, package.shipment_id)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    assert [row.status for row in await packages_of(db, order_id)] == ["TAKEN_BACK"]
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["RETURNED"]
    assert await order_states(db, order_id) == ("RETURNED", "CAPTURED", "CANCELED")
    assert (await history_of(db, order_id))[-2:] == ["PARCEL_TAKEN_BACK", "UNITS_CANCELED"]
    assert await cases_of(db, package.id) == []
    assert await cases_of(db, order_id) == ["REFUND_DUE"]
    [case] = [row for row in (await everything(db))["exception_cases"] if row["kind"] == "REFUND_DUE"]
    assert (case["facts"]["amountMinor"], case["facts"]["currency"], case["order_id"]) == (2000, "JPY", order_id)


async def test_what_comes_back_before_the_card_is_charged_is_not_charged(db: Database) -> None:
    _, order_id, package = await _refused(db)
    await _take_back(db, package.shipment_id)
    await pump(db)
    assert await order_states(db, order_id) == ("RETURNED", "CAPTURED", "CANCELED")
    assert [row["captured_minor"] for row in (await everything(db))["payments"]] == [0]
    assert await cases_of(db, order_id) == []


async def test_of_an_order_that_waits_for_other_goods_less_is_taken_later(db: Database) -> None:
    _, order_id, package = await _refused(db, home, konbini_pickup)
    [first] = [row for row in await packages_of(db, order_id) if row.id == package.id]
    async with db.read() as tx:
        pickup = await tx.connection.fetchval(
            "SELECT count(*) FROM shipments s JOIN fulfillments f ON f.id = s.fulfillment_id "
            "JOIN pickups p ON p.delivery_id = f.delivery_id WHERE s.id = $1",
            first.shipment_id,
        )
    if pickup:  # the parcels are in the order of their numbers, which are chance
        first = next(row for row in await packages_of(db, order_id) if row.id != package.id)
    await _take_back(db, first.shipment_id)
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert await cases_of(db, first.shipment_id) == []


async def test_damaged_units_are_set_aside_and_others_may_come_to_another_place(db: Database) -> None:
    shop, _, package = await _refused(db, lambda shop: home(shop, units=5))
    await _take_back(db, package.shipment_id, ReturnedGoods({1: 1}, {1: 1}), at=shop.store)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (5, 0)
    assert await stock_of(db, shop.variants[0], shop.store) == (13, 0)


async def test_a_delivered_parcel_does_not_come_back_so_and_another_not_twice(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await track(db, package.id, TrackingKind.DELIVERED)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _take_back(db, package.shipment_id)
    assert refusal.value.facts == {"current_status": "DELIVERED"}
    assert await everything(db) == before


async def test_of_many_who_unpack_a_parcel_one_puts_it_into_stock(db: Database) -> None:
    shop, _, package = await _refused(db)
    answers = await asyncio.gather(*(_take_back(db, package.shipment_id) for _ in range(6)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["InvalidTransition"] * 5 + ["NoneType"]
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)


async def test_what_went_to_a_point_comes_back_with_its_pickup(db: Database) -> None:
    _, _, package = await _refused(db, konbini_pickup)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _take_back(db, package.shipment_id)
    assert refusal.value.facts == {"current_status": "IN_TRANSIT_TO_POINT"}
    assert await everything(db) == before


async def test_refusals_leave_everything_as_it_is(db: Database) -> None:
    shop, _, package = await _refused(db)
    before = await everything(db)
    for refusal, values in (
        (NotFound, {"shipment_id": new_id()}),
        (NotFound, {"actor": replace(STAFF, location_ids=frozenset({shop.store}))}),
        (NotFound, {"at": shop.konbini}),
        (NotFound, {"goods": ReturnedGoods({9: 1})}),
        (InvalidQuantity, {"goods": ReturnedGoods({1: 3})}),
    ):
        with pytest.raises(refusal):
            await _take_back(db, **({"shipment_id": package.shipment_id} | values))  # type: ignore[arg-type]
    assert await everything(db) == before


async def test_a_shipment_is_taken_back_through_the_schema(db: Database, execute: Execute) -> None:
    shop, _, package = await _refused(db)
    given = keyed({"shipmentId": global_id("Shipment", package.shipment_id), "lines": [{"lineNo": 1}]})
    payload = (await execute(TAKE_BACK, given, actor=STAFF))["shipmentTakeBack"]
    assert payload == {"replayed": False, "shipment": {"packages": [{"status": "TAKEN_BACK"}]}, "userErrors": []}
    assert (await execute(TAKE_BACK, given, actor=STAFF))["shipmentTakeBack"]["replayed"] is True
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    other = keyed({"shipmentId": global_id("Shipment", new_id())})
    payload = (await execute(TAKE_BACK, other, actor=STAFF))["shipmentTakeBack"]
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
        ("NOT_FOUND", ["input", "shipmentId"])
    ]
