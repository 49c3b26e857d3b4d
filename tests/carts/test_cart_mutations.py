"""Changing a cart through the schema: the story of a buyer, and refusals as data."""

from typing import Any
from uuid import uuid4

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.statement import Statement
from tests.carts.builders import line_ids, make_cart, make_goods, make_shop
from tests.carts.documents import READ, call, mutation
from tests.catalog.builders import put_price


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
