"""A cart through the schema: the story of a buyer, and refusals as data."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.carts.actions.complete_cart import complete_cart
from app.kit.db import Database
from app.kit.ids import global_id, new_id, parse_global_id
from app.kit.statement import Statement
from tests.carts.builders import line_ids, make_cart, make_goods, make_shop
from tests.catalog.builders import put_price
from tests.conftest import NOW

CART = """fragment all on Cart {
  id status currency email version isExpired expiresAt channel { code }
  lines { id sku quantity unitPrice { amount formatted } currentPrice { amount } total { amount }
          variant { sku } delivery { id mode } problems { code } }
  deliveries { id mode location { code } address { name postalCode prefectureName(language: JA) line2 } lines { sku } }
  totals { subtotal { amount } shipping { amount } total { amount } tax { amount }
           taxes { ratePercent taxable { amount } tax { amount } } }
  problems { __typename code message lineId line { sku }
    ... on InsufficientStockProblem { requested available }
    ... on PriceChangedProblem { oldPrice { amount } newPrice { amount } }
    ... on DeliveryModeNotEligibleProblem { mode reasons { code message } } }
  order { id }
}
fragment errors on UserError { __typename code message path
  ... on CartTooLargeError { maximum requested } ... on UnknownCurrencyError { accepted }
  ... on NotSoldError { sku variant { sku } } ... on CartCompletedError { order { id } }
  ... on DeliveryModeNotEligibleError { mode reasons } }
"""


def mutation(name: str, extra: str = "") -> str:
    """The document of one mutation of carts."""
    kind = name[0].upper() + name[1:] + "Input"
    return f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
        cart {{ ...all }} {extra} replayed userErrors {{ ...errors }} }} }}
        {CART}"""


NOBODY = UUID("01900000-0000-7000-8000-000000000000")
READ = "query ($id: ID!) { cart(id: $id) { ...all } }" + CART.split("fragment errors", maxsplit=1)[0]


async def call(execute: Any, name: str, given: dict[str, Any], extra: str = "", **context: Any) -> Any:
    return (await execute(mutation(name, extra), {"input": given}, **context))[name]


async def test_a_buyer_fills_a_cart_and_sends_its_parts_to_two_places(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx, shipping_fee_minor=550, free_shipping_from_minor=5000)
        tea = await make_goods(
            tx, shop, "TEA", price=648, tax_class="REDUCED_8", stock={shop.warehouse: 5, shop.shibuya: 1}
        )
        await make_goods(tx, shop, "CUP", price=1980, stock={shop.yokohama: 3})
    created = await call(
        execute, "cartCreate", {"email": "hanako@example.jp", "currency": "JPY", "lines": [{"sku": "TEA"}]}
    )
    assert created["userErrors"] == []
    cart_id = created["cart"]["id"]
    assert created["cart"]["channel"] == {"code": "web"}
    added = await call(
        execute,
        "cartLinesAdd",
        {
            "cartId": cart_id,
            "lines": [{"sku": "CUP", "quantity": 2}, {"variantId": global_id("Variant", tea), "quantity": 2}],
        },
    )
    first, second = added["cart"]["lines"]
    assert (first["sku"], first["quantity"], first["total"]["amount"]) == ("TEA", 3, 1944)
    assert (second["sku"], second["quantity"], second["unitPrice"]) == (
        "CUP",
        2,
        {"amount": 1980, "formatted": "¥1,980"},
    )
    assert [problem["code"] for problem in added["cart"]["problems"]] == ["DELIVERY_MISSING", "DELIVERY_MISSING"]
    address = {
        "name": "山田 花子",
        "phone": "03-1234-5678",
        "postalCode": "〒150-0001",
        "prefecture": 13,
        "city": "渋谷区",
        "line1": "神宮前1-2-3",
    }
    await call(
        execute,
        "cartDeliverySet",
        {"cartId": cart_id, "lineIds": [first["id"]], "mode": "HOME_DELIVERY", "address": address},
    )
    moved = await call(
        execute,
        "cartDeliverySet",
        {
            "cartId": cart_id,
            "lineIds": [second["id"]],
            "mode": "STORE_PICKUP",
            "locationId": global_id("Location", shop.shibuya),
        },
        "delivery { mode location { code } }",
    )
    assert moved["userErrors"] == []
    assert moved["delivery"] == {"mode": "STORE_PICKUP", "location": {"code": "web-SHIBUYA"}}
    cart = moved["cart"]
    assert [
        {key: delivery[key] for key in ("mode", "location", "address", "lines")} for delivery in cart["deliveries"]
    ] == [
        {
            "mode": "HOME_DELIVERY",
            "location": None,
            "address": {"name": "山田 花子", "postalCode": "1500001", "prefectureName": "東京都", "line2": None},
            "lines": [{"sku": "TEA"}],
        },
        {
            "mode": "STORE_PICKUP",
            "location": {"code": "web-SHIBUYA"},
            "address": None,
            "lines": [{"sku": "CUP"}],
        },
    ]
    assert cart["totals"] == {
        "subtotal": {"amount": 5904},
        "shipping": {"amount": 550},
        "total": {"amount": 6454},
        "tax": {"amount": 554},
        "taxes": [
            {"ratePercent": 10.0, "taxable": {"amount": 4510}, "tax": {"amount": 410}},
            {"ratePercent": 8.0, "taxable": {"amount": 1944}, "tax": {"amount": 144}},
        ],
    }
    assert (cart["problems"], cart["version"], cart["status"], cart["order"]) == ([], 4, "OPEN", None)
    node = "query ($id: ID!) { node(id: $id) { ... on Cart { version } } }"
    assert await execute(node, {"id": cart_id}) == {"node": {"version": 4}}


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


async def test_updating_accepts_the_new_price_and_removing_ends_the_line(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        tea = await make_goods(tx, shop, "TEA", price=648)
        await make_goods(tx, shop, "CUP", price=100)
        key = await make_cart(tx, ("TEA", 3), ("CUP", 1))
        await put_price(tx, tea, shop.channel, 700)
    ids = await line_ids(db, key)
    cart_id, tea_line, cup_line = (
        global_id("Cart", key),
        global_id("CartLine", ids["TEA"]),
        global_id("CartLine", ids["CUP"]),
    )
    updated = await call(
        execute, "cartLinesUpdate", {"cartId": cart_id, "lines": [{"lineId": tea_line, "quantity": 2}]}
    )
    assert updated["cart"]["totals"]["subtotal"] == {"amount": 1500}
    removed = await call(execute, "cartLinesRemove", {"cartId": cart_id, "lineIds": [cup_line]})
    assert [line["sku"] for line in removed["cart"]["lines"]] == ["TEA"]
    twice = [{"lineId": tea_line, "quantity": 2}, {"lineId": tea_line, "quantity": 0}]
    refused = await call(execute, "cartLinesUpdate", {"cartId": cart_id, "lines": twice})
    assert refused["userErrors"][0]["path"] == ["input", "lines", "1", "lineId"]
    assert refused["cart"] is None


async def test_refusals_carry_their_facts(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        await make_goods(tx, shop, "OLD", is_published=False)
        key = await make_cart(tx, ("TEA", 1))
    cart_id = global_id("Cart", key)
    line = global_id("CartLine", (await line_ids(db, key))["TEA"])

    async def refusal(name: str, given: dict[str, Any]) -> dict[str, Any]:
        answer = await call(execute, name, given)
        assert answer["cart"] is None
        (error,) = answer["userErrors"]
        return {field: value for field, value in error.items() if field != "message"}

    assert await refusal("cartCreate", {"currency": "XYZ"}) == {
        "__typename": "UnknownCurrencyError",
        "code": "UNKNOWN_CURRENCY",
        "path": ["input", "currency"],
        "accepted": "JPY",
    }
    assert await refusal("cartLinesAdd", {"cartId": cart_id, "lines": [{"sku": "OLD"}]}) == {
        "__typename": "NotSoldError",
        "code": "NOT_SOLD",
        "path": ["input", "lines", "0", "sku"],
        "sku": "OLD",
        "variant": {"sku": "OLD"},
    }
    assert await refusal("cartLinesAdd", {"cartId": cart_id, "lines": [{"sku": "TEA"}] * 10_000}) == {
        "__typename": "CartTooLargeError",
        "code": "CART_TOO_LARGE",
        "path": ["input", "lines"],
        "maximum": 100,
        "requested": 10_000,
    }
    warehouse = {
        "cartId": cart_id,
        "lineIds": [line],
        "mode": "STORE_PICKUP",
        "locationId": global_id("Location", shop.warehouse),
    }
    assert await refusal("cartDeliverySet", warehouse) == {
        "__typename": "DeliveryModeNotEligibleError",
        "code": "DELIVERY_MODE_NOT_ELIGIBLE",
        "path": ["input", "locationId"],
        "mode": "STORE_PICKUP",
        "reasons": ["NO_SUCH_POINT"],
    }
    for name, given, code in [
        ("cartLinesAdd", {"cartId": cart_id, "lines": []}, "INVALID_INPUT"),
        ("cartLinesAdd", {"cartId": "nonsense", "lines": [{"sku": "TEA"}]}, "NOT_FOUND"),
        ("cartLinesAdd", {"cartId": global_id("Cart", new_id()), "lines": [{"sku": "TEA"}]}, "NOT_FOUND"),
        ("cartLinesAdd", {"cartId": cart_id, "lines": [{"sku": "TEA", "quantity": -5}]}, "INVALID_QUANTITY"),
        ("cartLinesRemove", {"cartId": cart_id, "lineIds": [cart_id]}, "NOT_FOUND"),
        ("cartDeliverySet", {**warehouse, "locationId": line}, "NOT_FOUND"),
    ]:
        assert (await refusal(name, given))["code"] == code
    huge = await execute.raw(
        mutation("cartLinesAdd"), {"input": {"cartId": cart_id, "lines": [{"sku": "TEA", "quantity": 2**31}]}}
    )
    assert "Int cannot represent non 32-bit signed integer value" in str(huge.errors)
    assert (await execute(READ, {"id": cart_id}))["cart"]["version"] == 1


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
        await complete_cart(tx, key, now=NOW)
    cart_id = global_id("Cart", key)
    cart = (await execute(READ, {"id": cart_id}, now=NOW + timedelta(days=99)))["cart"]
    assert (cart["status"], cart["isExpired"], cart["problems"]) == ("COMPLETED", False, [])
    answer = await call(execute, "cartLinesAdd", {"cartId": cart_id, "lines": [{"sku": "TEA"}]})
    assert [(error["__typename"], error["order"]) for error in answer["userErrors"]] == [("CartCompletedError", None)]


async def test_a_repeated_key_gets_the_first_answer(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
    given = {"lines": [{"sku": "TEA"}], "idempotencyKey": str(uuid4())}
    first, again = await call(execute, "cartCreate", given), await call(execute, "cartCreate", given)
    assert (first["replayed"], again["replayed"]) == (False, True)
    cart_id = first["cart"]["id"]
    assert again["cart"]["id"] == cart_id
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT count(*) FROM carts")) == 1
    short = await call(execute, "cartCreate", {"idempotencyKey": "1"})
    assert short["userErrors"][0]["path"] == ["input", "idempotencyKey"]
    add = {"cartId": cart_id, "lines": [{"sku": "TEA"}], "idempotencyKey": "a"}
    for _ in range(3):
        answer = await call(execute, "cartLinesAdd", add)
        assert answer["cart"]["lines"][0]["quantity"] == 2
    other = await call(execute, "cartLinesAdd", {**add, "lines": [{"sku": "TEA", "quantity": 5}]})
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]


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
