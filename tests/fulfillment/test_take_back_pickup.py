"""Goods that went to a point are back."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.put_back_units import ReturnedGoods
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.model.reports import ReportKind
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidTransition, NotFound
from app.kit.ids import global_id
from app.kit.permissions import Actor
from tests.conftest import NOW, Execute, keyed
from tests.fulfillment.builders import (
    STAFF,
    Shop,
    home,
    konbini_pickup,
    make_order,
    make_shop,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import (
    cases_of,
    everything,
    fulfillments_of,
    history_of,
    make_arrived,
    make_ready,
    order_states,
    payment_status,
    pickup_of,
    report,
    ship_all,
    stock_of,
    work_of,
)

LATER = NOW + timedelta(days=6)
CLERK = replace(STAFF, scopes=STAFF.scopes | {"stock:write"})


async def _take_back(
    db: Database, pickup_id: UUID, goods: ReturnedGoods | None = None, *, at: int | None = None, actor: Actor = STAFF
) -> None:
    await db.in_write(lambda tx: take_back_pickup(tx, pickup_id, goods=goods, location_id=at, actor=actor, now=LATER))


async def _sent_back(db: Database, *, units: int = 1, payment: str = "CARD") -> tuple[Shop, UUID, UUID]:
    shop, order_id = await planned_order(db, lambda shop: konbini_pickup(shop, units=units), payment=payment)
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, ReportKind.EXPIRED, actor=shop.partner, at=pickup.hold_until)
    await report(db, pickup.id, ReportKind.RETURN_SENT, actor=shop.partner, at=LATER)
    return shop, order_id, pickup.id


async def test_what_nobody_collected_is_on_sale_again_and_nobody_pays(db: Database) -> None:
    shop, order_id, pickup_id = await _sent_back(db, payment="PAY_AT_PICKUP")
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 0)
    assert ("RETURN_INSPECT", shop.warehouse, "OPEN") in await work_of(db)
    await _take_back(db, pickup_id)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.returned_at, pickup.expired_at) == ("RETURNED", LATER, pickup.hold_until)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["RETURNED"]
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"
    assert (await history_of(db, order_id))[-4:] == [
        "PICKUP_RETURNING",
        "PICKUP_RETURNED",
        "PARCEL_TAKEN_BACK",
        "UNITS_CANCELED",
    ]
    assert ("RETURN_INSPECT", shop.warehouse, "DONE") in await work_of(db)
    async with db.read() as tx:
        row = await tx.connection.fetchrow(
            "SELECT kind, d_on_hand, cause_id FROM ledger ORDER BY entry_id DESC LIMIT 1"
        )
    assert tuple(row) == ("RETURNED", 1, order_id)


async def test_damaged_units_are_set_aside_and_missing_ones_stay_away(db: Database) -> None:
    shop, _, pickup_id = await _sent_back(db, units=5)
    await _take_back(db, pickup_id, ReturnedGoods(damaged={1: 2}, missing={1: 1}))
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (7, 0)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT state, quantity FROM stock_states WHERE quantity > 0")
    assert [tuple(row) for row in rows] == [("DAMAGED", 2)]


async def test_they_may_come_to_another_place(db: Database) -> None:
    shop, _, pickup_id = await _sent_back(db)
    await _take_back(db, pickup_id, at=shop.store)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 0)
    assert await stock_of(db, shop.variants[0], shop.store) == (11, 0)


async def test_two_parcels_go_back_to_where_they_came_from(db: Database) -> None:
    shop, order_id = await planned_order(
        db, lambda shop: konbini_pickup(shop, units=2, sources=[shop.warehouse, shop.store])
    )
    await ship_all(db, order_id)
    await _take_back(db, (await pickup_of(db, order_id)).id, ReturnedGoods(missing={2: 1}))
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    assert await stock_of(db, shop.variants[0], shop.store) == (9, 0)
    assert await cases_of(db, (await pickup_of(db, order_id)).id) == []


async def test_the_rest_of_the_order_is_paid(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup, lambda shop: home(shop, source=shop.store))
    await ship_all(db, order_id)
    await _take_back(db, (await pickup_of(db, order_id)).id)
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")
    assert await stock_of(db, shop.variants[0], shop.store) == (8, 0)


async def _refused(db: Database, pickup_id: UUID, goods: ReturnedGoods | None = None) -> type[DomainError]:
    before = await everything(db)
    with pytest.raises(DomainError) as refusal:
        await _take_back(db, pickup_id, goods)
    assert await everything(db) == before
    return type(refusal.value)


async def test_what_cannot_be_is_refused(db: Database) -> None:
    _, order_id, pickup_id = await _sent_back(db, units=2)
    assert await _refused(db, pickup_id, ReturnedGoods(damaged={1: 3})) is InvalidQuantity
    assert await _refused(db, pickup_id, ReturnedGoods(damaged={1: 1}, missing={1: 2})) is InvalidQuantity
    assert await _refused(db, pickup_id, ReturnedGoods(missing={1: -1})) is InvalidQuantity
    assert await _refused(db, pickup_id, ReturnedGoods(missing={9: 1})) is NotFound
    assert await _refused(db, UUID(int=9)) is NotFound
    assert (await pickup_of(db, order_id)).status == "RETURNING"


async def test_only_goods_that_are_out_come_back(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    assert await _refused(db, (await pickup_of(db, order_id)).id) is InvalidTransition
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, ReportKind.COLLECTED, actor=shop.partner)
    assert await _refused(db, pickup.id) is InvalidTransition


async def test_goods_of_an_own_store_did_not_leave_it(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    assert await _refused(db, (await make_ready(db, order_id)).id) is InvalidTransition


async def test_of_many_who_take_back_one_does(db: Database) -> None:
    shop, _, pickup_id = await _sent_back(db)
    answers = await asyncio.gather(*(_take_back(db, pickup_id) for _ in range(6)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 1
    assert all(answer is None or isinstance(answer, InvalidTransition) for answer in answers)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)


async def test_a_late_collection_is_a_case_and_moves_nothing(db: Database) -> None:
    shop, order_id, pickup_id = await _sent_back(db)
    await _take_back(db, pickup_id)
    stock = await stock_of(db, shop.variants[0], shop.warehouse)
    await report(db, pickup_id, ReportKind.COLLECTED, actor=shop.partner, at=NOW + timedelta(days=1), now=LATER)
    assert (await pickup_of(db, order_id)).status == "RETURNED"
    assert await stock_of(db, shop.variants[0], shop.warehouse) == stock
    assert await cases_of(db, pickup_id) == ["CONTRADICTORY_REPORTS"]


async def test_what_the_point_gave_away_after_it_was_taken_back_is_put_right(db: Database, execute: Execute) -> None:
    shop, order_id, pickup_id = await _sent_back(db, units=2)
    await _take_back(db, pickup_id, at=shop.store)
    await report(db, pickup_id, ReportKind.COLLECTED, actor=shop.partner, at=NOW + timedelta(days=1), now=LATER)
    document = """{ exceptionCases { nodes { id facts { name value } remedies { mutation input } } } }"""
    [case] = (await execute(document, {}, actor=CLERK))["exceptionCases"]["nodes"]
    facts = {fact["name"]: fact["value"] for fact in case["facts"]}
    async with db.read() as tx:
        sku = await tx.connection.fetchval("SELECT sku FROM variants WHERE id = $1", shop.variants[0])
        price = await tx.connection.fetchval("SELECT unit_price_minor FROM order_lines WHERE order_id = $1", order_id)
    names = ("status", "goods", "locations", "amountMinor", "currency")
    assert tuple(facts[name] for name in names) == ("RETURNED", f"{sku} x 2", "shibuya", str(2 * price), "JPY")
    assert [one["mutation"] for one in case["remedies"]] == ["stockAdjust", "exceptionCaseClose"]
    given = orjson.loads(case["remedies"][0]["input"])
    given |= {"sku": sku, "locationId": global_id("Location", shop.store), "delta": -2}
    adjust = "mutation ($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { code } } }"
    assert (await execute(adjust, keyed(given), actor=CLERK))["stockAdjust"] == {"userErrors": []}
    assert await stock_of(db, shop.variants[0], shop.store) == (10, 0)
    close = "mutation ($input: ExceptionCaseCloseInput!) { exceptionCaseClose(input: $input) { userErrors { code } } }"
    closed = await execute(close, {"input": orjson.loads(case["remedies"][1]["input"])}, actor=CLERK)
    assert closed["exceptionCaseClose"] == {"userErrors": []}
    await report(db, pickup_id, ReportKind.ARRIVED, actor=shop.partner, at=NOW + timedelta(hours=1), now=LATER)
    assert await cases_of(db, pickup_id) == []


async def test_of_a_bundle_the_case_names_what_it_is_made_of(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, konbini_pickup(shop))
        set_of_three = (
            "INSERT INTO order_line_components (order_id, line_no, variant_id, quantity) VALUES ($1, 1, $2, 3)"
        )
        await plan_work(tx, order_id, now=NOW)
    pickup = await make_arrived(db, shop, order_id)
    async with db.write() as tx:
        await tx.connection.execute(set_of_three, order_id, shop.variants[1])
        sku = await tx.connection.fetchval("SELECT sku FROM variants WHERE id = $1", shop.variants[1])
    await _take_back(db, pickup.id)
    await report(db, pickup.id, ReportKind.COLLECTED, actor=shop.partner, at=NOW + timedelta(days=1), now=LATER)
    [case] = [row for row in (await everything(db))["exception_cases"] if row["status"] == "OPEN"]
    assert (case["facts"]["goods"], case["facts"]["locations"]) == (f"{sku} x 3", "wh")


async def test_nobody_inspects_what_was_collected_after_all(db: Database) -> None:
    shop, _, pickup_id = await _sent_back(db)
    await report(db, pickup_id, ReportKind.COLLECTED, actor=shop.partner, at=LATER + timedelta(hours=1))
    assert ("RETURN_INSPECT", shop.warehouse, "CANCELED") in await work_of(db)
