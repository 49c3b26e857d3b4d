"""Reading a cart through the schema: problems as data, states, a fixed number of statements."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.actions.complete_carts import complete_carts
from app.kit.db import Database
from app.kit.ids import global_id, parse_global_id
from tests.carts.builders import line_ids, make_cart, make_goods, make_shop
from tests.carts.documents import READ, call
from tests.catalog.builders import put_price
from tests.conftest import NOW

NOBODY = UUID("01900000-0000-7000-8000-000000000000")


async def test_a_cart_tells_what_is_wrong_with_it_and_never_fails(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        tea = await make_goods(tx, shop, "TEA", price=648, stock={shop.warehouse: 1})
        sofa = await make_goods(tx, shop, "SOFA", price=80_000, girth_cm=400, stock={shop.warehouse: 1})
        gone = await make_goods(tx, shop, "GONE", price=100, stock={shop.warehouse: 1})
        key = await make_cart(tx, ("TEA", 3), ("SOFA", 1), ("GONE", 1))
        await put_price(tx, tea, shop.channel, 700)
        await put_price(tx, gone, shop.channel, 100, is_published=False)
    assert sofa
    ids = await line_ids(db, key)
    cart_id = global_id("Cart", key)
    answer = await call(
        execute,
        "cartDeliverySet",
        {
            "cartId": cart_id,
            "lineIds": [global_id("CartLine", ids[sku]) for sku in ("TEA", "SOFA", "GONE")],
            "mode": "LOCKER_PICKUP",
            "locationId": global_id("Location", shop.locker),
        },
    )
    assert answer["userErrors"] == []
    problems = answer["cart"]["problems"]
    assert [(problem["__typename"], problem["line"]["sku"]) for problem in problems] == [
        ("PriceChangedProblem", "TEA"),
        ("InsufficientStockProblem", "TEA"),
        ("DeliveryModeNotEligibleProblem", "SOFA"),
        ("NotSoldProblem", "GONE"),
    ]
    assert (problems[0]["oldPrice"], problems[0]["newPrice"]) == ({"amount": 648}, {"amount": 700})
    assert (problems[1]["requested"], problems[1]["available"]) == (3, 1)
    assert problems[1]["message"] == "1 of 3 units are available."
    assert problems[1]["lineId"] == global_id("CartLine", ids["TEA"])
    assert problems[2]["mode"] == "LOCKER_PICKUP"
    assert problems[2]["reasons"] == [
        {
            "code": "GIRTH_OVER_LIMIT",
            "message": "Length, width and height sum up to 400 cm; 100 cm are taken here.",
        }
    ]
    assert [line["currentPrice"] for line in answer["cart"]["lines"]] == [{"amount": 700}, {"amount": 80_000}, None]
    assert [[problem["code"] for problem in line["problems"]] for line in answer["cart"]["lines"]] == [
        ["PRICE_CHANGED", "INSUFFICIENT_STOCK"],
        ["DELIVERY_MODE_NOT_ELIGIBLE"],
        ["NOT_SOLD"],
    ]


async def test_an_expired_cart_can_be_read_and_not_changed(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        key = await make_cart(tx, ("TEA", 1))
    cart_id, line = global_id("Cart", key), global_id("CartLine", (await line_ids(db, key))["TEA"])
    later = NOW + timedelta(days=30)
    cart = (await execute(READ, {"id": cart_id}, now=later))["cart"]
    assert (cart["isExpired"], cart["lines"][0]["sku"]) == (True, "TEA")
    place = {"mode": "STORE_PICKUP", "locationId": global_id("Location", shop.shibuya)}
    for name, given in [
        ("cartLinesAdd", {"lines": [{"sku": "TEA"}]}),
        ("cartLinesUpdate", {"lines": [{"lineId": line, "quantity": 2}]}),
        ("cartLinesRemove", {"lineIds": [line]}),
        ("cartDeliverySet", {"lineIds": [line], **place}),
    ]:
        answer = await call(execute, name, {"cartId": cart_id, **given}, now=later)
        assert [error["__typename"] for error in answer["userErrors"]] == ["CartExpiredError"]
    assert (await execute(READ, {"id": cart_id}))["cart"]["version"] == 1


async def test_a_completed_cart_has_no_problems_and_does_not_change(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        key = await make_cart(tx, ("TEA", 1))
        await complete_carts(tx, [key], now=NOW)
    cart_id = global_id("Cart", key)
    cart = (await execute(READ, {"id": cart_id}, now=NOW + timedelta(days=99)))["cart"]
    assert (cart["status"], cart["isExpired"], cart["problems"]) == ("COMPLETED", False, [])
    answer = await call(execute, "cartLinesAdd", {"cartId": cart_id, "lines": [{"sku": "TEA"}]})
    assert [(error["__typename"], error["order"]) for error in answer["userErrors"]] == [("CartCompletedError", None)]


@pytest.mark.parametrize("value", ["", "nonsense", global_id("Cart", NOBODY), global_id("Product", 1)])
async def test_an_unknown_cart_is_null(execute: Any, value: str) -> None:
    assert await execute("query ($id: ID!) { cart(id: $id) { id } }", {"id": value}) == {"cart": None}


async def test_a_carts_work_does_not_grow_with_its_lines(db: Database, execute: Any, count_statements: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        for number in range(22):
            await make_goods(tx, shop, f"S{number}", stock={shop.shibuya: 1})
        small = global_id("Cart", await make_cart(tx, ("S0", 1)))
        large = global_id("Cart", await make_cart(tx, *((f"S{number}", 1) for number in range(20))))
    totals = []
    for cart_id in (small, large):
        with count_statements() as count:
            answer = await call(
                execute,
                "cartLinesAdd",
                {"cartId": cart_id, "lines": [{"sku": "S21"}], "idempotencyKey": "key"},
            )
        assert answer["userErrors"] == []
        totals.append(count.total)
        ids = [line["id"] for line in answer["cart"]["lines"]]
        place = {"mode": "STORE_PICKUP", "locationId": global_id("Location", shop.shibuya)}
        with count_statements() as count:
            answer = await call(execute, "cartDeliverySet", {"cartId": cart_id, "lineIds": ids, **place})
        assert answer["userErrors"] == []
        totals.append(count.total)
    assert parse_global_id(small) is not None
    assert totals[:2] == totals[2:]
    assert max(totals) <= 25
