"""Who reads which orders, what is hidden from whom, and pages of all orders."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from app.orders.actions.create_orders import create_orders
from app.payments.actions.start_payments import start_payments
from app.payments.model import PaymentDraft
from tests.conftest import NOW, Execute
from tests.locations.builders import make_location
from tests.orders.builders import Ground, make_ground, make_order, order_draft

STAFF = Actor(kind=ActorKind.STAFF, reference="key:staff", scopes=frozenset({"orders:read"}))
ORDER = """query ($id: ID, $number: String, $email: String) {
  order(id: $id, number: $number, email: $email) { id number }
}"""
EVERYTHING = """query ($id: ID!) { order(id: $id) {
  number status paymentStatus fulfillmentStatus currency version placedAt canceledAt email
  subtotal { amount } shipping { amount } total { amount currency formatted } tax { amount }
  source { system reference }
  channel { code }
  member { number }
  taxes { ratePercent taxable { amount } tax { amount } }
  lines {
    lineNo sku name quantity fulfilledQuantity canceledQuantity shortQuantity taxRatePercent
    unitPrice { amount } total { amount } variant { sku } delivery { mode } allocations { quantity }
  }
  deliveries { mode location { code } address { name postalCode prefectureName } lines { sku } pickup { number }
    fulfillments { id } }
  history { kind actor facts at }
  payment { method status amount { amount } failure }
  fulfillments { id } shipments { id } pickups { id } transfers { id }
} }"""
ORDERS = """query ($first: Int!, $after: String, $filter: OrderFilter, $sort: OrderSort!) {
  orders(first: $first, after: $after, filter: $filter, sort: $sort) {
    totalCount pageInfo { hasNextPage endCursor } nodes { number }
  }
}"""


async def ground_of(db: Database) -> Ground:
    async with db.write() as tx:
        return await make_ground(tx)


async def test_everything_that_an_order_says(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        draft = order_draft(
            ground, shipping_minor=550, source_system="mall", external_reference="M-1", payment_status="CAPTURED"
        )
        [created] = await create_orders(tx, [draft], actor="key:mall", now=NOW)
        assert created is not None
        await start_payments(
            tx, [PaymentDraft(draft.id, method="EXTERNAL", amount_minor=3290, currency="JPY")], now=NOW
        )
    order_id = global_id("Order", draft.id)
    data = await execute(EVERYTHING, {"id": order_id}, language="en")
    order = data["order"]
    assert order["number"] == created.number
    assert (order["status"], order["paymentStatus"], order["fulfillmentStatus"]) == (
        "PLACED",
        "CAPTURED",
        "UNFULFILLED",
    )
    assert order["total"] == {"amount": 3290, "currency": "JPY", "formatted": "¥3,290"}
    assert [order[name]["amount"] for name in ("subtotal", "shipping", "tax")] == [2740, 550, 290]
    assert order["source"] == {"system": "mall", "reference": None}
    assert order["channel"] == {"code": "web"}
    assert order["taxes"] == [
        {"ratePercent": 10.0, "taxable": {"amount": 2750}, "tax": {"amount": 250}},
        {"ratePercent": 8.0, "taxable": {"amount": 540}, "tax": {"amount": 40}},
    ]
    assert order["lines"][0] == {
        "lineNo": 1,
        "sku": "SKU-A",
        "name": "Product 1",
        "quantity": 2,
        "fulfilledQuantity": 0,
        "canceledQuantity": 0,
        "shortQuantity": 0,
        "taxRatePercent": 10.0,
        "unitPrice": {"amount": 1100},
        "total": {"amount": 2200},
        "variant": {"sku": "SKU-A"},
        "delivery": {"mode": "HOME_DELIVERY"},
        "allocations": [],
    }
    assert order["deliveries"] == [
        {
            "mode": "HOME_DELIVERY",
            "location": None,
            "address": {"name": "山田 花子", "postalCode": "1500001", "prefectureName": "Tokyo"},
            "lines": [{"sku": "SKU-A"}, {"sku": "SKU-B"}],
            "pickup": None,
            "fulfillments": [],
        }
    ]
    assert order["history"] == [{"kind": "CREATED", "actor": None, "facts": None, "at": "2026-11-22T03:00:00+00:00"}]
    assert order["payment"] == {"method": "EXTERNAL", "status": "CAPTURED", "amount": {"amount": 3290}, "failure": None}
    assert (order["version"], order["email"], order["member"]) == (1, "hanako@example.jp", None)
    for_staff = (await execute(EVERYTHING, {"id": order_id}, actor=STAFF))["order"]
    assert for_staff["source"] == {"system": "mall", "reference": "M-1"}
    assert [(entry["kind"], entry["actor"], entry["facts"]) for entry in for_staff["history"]] == [
        ("CREATED", "key:mall", {"status": "PLACED"})
    ]


async def test_the_id_is_the_permission_and_a_number_needs_the_address(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
    found = {"order": {"id": global_id("Order", order.id), "number": order.number}}
    assert await execute(ORDER, {"id": global_id("Order", order.id)}) == found
    by_node = "query ($id: ID!) { order: node(id: $id) { id ... on Order { number } } }"
    assert await execute(by_node, {"id": global_id("Order", order.id)}) == found
    typed = f" ｈｋ-{order.number[3:]} "
    assert await execute(ORDER, {"number": typed, "email": " HANAKO@example.jp"}) == found
    assert await execute(ORDER, {"number": order.number}, actor=STAFF) == found
    for refused in (
        {"id": global_id("Order", new_id())},
        {"number": order.number},
        {"number": order.number, "email": "taro@example.jp"},
        {"number": order.number, "email": "x"},
        {"number": "HK-1", "email": "hanako@example.jp"},
        {"number": "\x00", "email": "hanako@example.jp"},
    ):
        assert await execute(ORDER, refused) == {"order": None}


async def test_an_order_without_an_address_is_not_found_by_number(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), email=None)
    assert await execute(ORDER, {"number": order.number, "email": "hanako@example.jp"}) == {"order": None}


@pytest.mark.parametrize(
    "arguments", [{}, {"id": global_id("Order", UUID(int=1)), "number": "HK-1"}, {"id": "nonsense"}]
)
async def test_questions_that_make_no_sense_are_refused(execute: Execute, arguments: dict[str, str]) -> None:
    result = await execute.raw(ORDER, arguments)
    [error] = result.errors
    assert error.extensions["code"] == ("NOT_FOUND" if arguments.get("id") == "nonsense" else "INVALID_INPUT")


async def test_a_partner_sees_its_own_part_without_the_buyers_address(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        partner_id = new_id()
        await tx.execute(
            Statement("""
                INSERT INTO partners (id, code, name, kind)
                VALUES (:id, 'chain', 'Chain', 'CONVENIENCE_STORE_CHAIN')"""),
            id=partner_id,
        )
        ground = await make_ground(tx)
        point = await make_location(tx, code="konbini", kind="CONVENIENCE_STORE", partner_id=partner_id)
        own, other = order_draft(ground, mode="STORE_PICKUP"), order_draft(ground)
        at_point = replace(own.deliveries[0], mode="CONVENIENCE_STORE_PICKUP", location_id=point)
        home = other.deliveries[0]
        own = replace(
            own, deliveries=(at_point, home), lines=(own.lines[0], replace(own.lines[1], delivery_id=home.id))
        )
        await create_orders(tx, [own], actor="test", now=NOW)
        foreign = await make_order(tx, ground)
    partner = Actor(
        kind=ActorKind.PARTNER, reference="key:chain", scopes=frozenset({"partner:jobs"}), partner_id=partner_id
    )
    order = (await execute(EVERYTHING, {"id": global_id("Order", own.id)}, actor=partner))["order"]
    assert order["email"] == "h***@example.jp"
    assert [line["sku"] for line in order["lines"]] == ["SKU-A"]
    assert [(delivery["mode"], delivery["address"]) for delivery in order["deliveries"]] == [
        ("CONVENIENCE_STORE_PICKUP", None)
    ]
    assert (order["payment"], order["member"], order["source"]["reference"]) == (None, None, None)
    for node in (("Order", foreign.id), ("OrderDelivery", home.id)):
        document = "query ($id: ID!) { node(id: $id) { id } }"
        assert await execute(document, {"id": global_id(*node)}, actor=partner) == {"node": None}
        assert (await execute(document, {"id": global_id(*node)}))["node"] == ({"id": global_id(*node)})


async def test_pages_of_orders_joined_are_all_orders(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        # Two share their instant: the id decides between them.
        ages = [5, 3, 3, 1, 9]
        numbers = [(await make_order(tx, ground, placed_at=NOW - timedelta(days=age))).number for age in ages]
    newest_first = [numbers[index] for index in (3, 2, 1, 0, 4)]
    for sort, expected in (("NEWEST_FIRST", newest_first), ("OLDEST_FIRST", newest_first[::-1])):
        seen: list[str] = []
        after = None
        for page in range(3):
            data = await execute(ORDERS, {"first": 2, "after": after, "sort": sort}, actor=STAFF)
            seen += [node["number"] for node in data["orders"]["nodes"]]
            after = data["orders"]["pageInfo"]["endCursor"]
            assert data["orders"]["totalCount"] == 5
            assert data["orders"]["pageInfo"]["hasNextPage"] is (page < 2)
        assert seen == expected


async def test_lists_are_filtered(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        old = await make_order(tx, ground, placed_at=NOW - timedelta(days=9))
        taro = await make_order(tx, ground, email="taro@example.jp")
        done = await make_order(tx, ground, lines=[(1, 100)], status="PENDING_PAYMENT", payment_status="PENDING")

    async def numbers(**conditions: Any) -> list[str]:
        data = await execute(ORDERS, {"first": 9, "filter": conditions, "sort": "OLDEST_FIRST"}, actor=STAFF)
        assert data["orders"]["totalCount"] == len(data["orders"]["nodes"])
        return [node["number"] for node in data["orders"]["nodes"]]

    assert await numbers(status="PENDING_PAYMENT") == [done.number]
    assert await numbers(email="TARO@example.jp") == [taro.number]
    assert await numbers(placedBefore=(NOW - timedelta(days=1)).isoformat()) == [old.number]
    assert await numbers(placedAfter=NOW.isoformat()) == [taro.number, done.number]
    assert await numbers(channel="web", status="PLACED") == [old.number, taro.number]
    assert await numbers(channel="nowhere") == []


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"first": 0}, ["first"]),
        ({"first": 101}, ["first"]),
        ({"after": "nonsense"}, ["after"]),
        ({"after": "WyJ4IiwieSJd"}, ["after"]),
        ({"filter": {"email": "nobody"}}, ["filter", "email"]),
        ({"filter": {"channel": "\x00"}}, ["filter", "channel"]),
    ],
)
async def test_lists_refuse_nonsense(execute: Execute, variables: dict[str, Any], path: list[str]) -> None:
    result = await execute.raw(ORDERS, {"first": 5, "sort": "NEWEST_FIRST", **variables}, actor=STAFF)
    [error] = result.errors
    assert (error.extensions["code"], error.extensions["argumentPath"]) == ("INVALID_INPUT", path)


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
async def test_an_instant_beyond_the_calendar_is_refused(execute: Execute, instant: str) -> None:
    variables = {"first": 5, "sort": "NEWEST_FIRST", "filter": {"placedAfter": instant}}
    [error] = (await execute.raw(ORDERS, variables, actor=STAFF)).errors
    assert error.extensions == {"code": "BAD_USER_INPUT"}


async def test_all_orders_are_for_staff(execute: Execute) -> None:
    result = await execute.raw(ORDERS, {"first": 5, "sort": "NEWEST_FIRST"})
    assert [error.extensions["code"] for error in result.errors] == ["UNAUTHENTICATED"]


async def test_the_number_of_statements_does_not_grow_with_the_page(
    db: Database, execute: Execute, count_statements: Any
) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        await create_orders(tx, [order_draft(ground) for _ in range(20)], actor="test", now=NOW)
    document = """query ($first: Int!) { orders(first: $first) { nodes {
        number channel { code } taxes { ratePercent } history { kind } payment { status } transfers { id }
        lines { sku variant { sku } delivery { mode location { code } } allocations { quantity location { code } } }
    } } }"""
    totals: list[int] = []
    for first in (1, 20):
        with count_statements() as count:
            await execute(document, {"first": first}, actor=STAFF)
        totals.append(count.total)
    assert totals == [10, 10]
