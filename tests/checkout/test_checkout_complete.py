"""`checkoutComplete` as a storefront sends it: once, twice, declined, refused, and after a crash."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from tests.checkout.builders import (
    CARD,
    TRACES,
    check_out,
    deliver,
    expire_holds,
    make_cart,
    make_shop,
    ready_cart,
    transfers_of,
)
from tests.conftest import NOW, Execute
from tests.inventory.builders import put_stock
from tests.orders.builders import row_counts
from tests.pump import pump

COMPLETE = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  replayed
  order { id status paymentStatus total { amount } lines { sku allocations { quantity isFinal location { code } } } }
  cart { id status order { id } }
  userErrors {
    __typename code message path
    ... on InsufficientStockError { sku lineId requested available }
    ... on PriceChangedError { sku lineId old { amount } new { formatted } }
    ... on DeliveryMissingError { sku lineId }
    ... on DeliveryModeNotEligibleError { mode reasons sku lineId }
    ... on PaymentMethodNotEligibleError { methodReasons }
    ... on CartTooLargeError { requested maximum }
  }
} }"""


def complete_input(cart_id: UUID, key: str = "k-1", **changes: Any) -> dict[str, Any]:
    """Variables of the mutation."""
    payment = {"method": changes.pop("method", "CARD"), "token": changes.pop("token", "tok_ok")}
    return {
        "input": {
            "cartId": global_id("Cart", cart_id),
            "email": "hanako@example.jp",
            "payment": payment,
            "idempotencyKey": key,
            **changes,
        }
    }


async def complete(execute: Execute, cart_id: UUID, key: str = "k-1", **changes: Any) -> dict[str, Any]:
    """The payload."""
    return (await execute(COMPLETE, complete_input(cart_id, key, **changes)))["checkoutComplete"]


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def test_a_card_pays_and_the_order_is_placed(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    cart_id = await ready_cart(db, shop, {"A": 2})
    payload = await complete(execute, cart_id, expectedTotal=2200)
    order = payload["order"]
    assert (payload["replayed"], payload["userErrors"]) == (False, [])
    assert (order["status"], order["paymentStatus"], order["total"]) == ("PLACED", "AUTHORIZED", {"amount": 2200})
    assert order["lines"] == [
        {"sku": "SKU-A", "allocations": [{"quantity": 2, "isFinal": True, "location": {"code": "warehouse"}}]}
    ]
    assert payload["cart"] == {
        "id": global_id("Cart", cart_id),
        "status": "COMPLETED",
        "order": {"id": order["id"]},
    }


async def test_sent_again_under_any_key_it_is_the_same_order(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9})
    cart_id = await ready_cart(db, shop, {"A": 2})
    first = await complete(execute, cart_id)
    before = await row_counts(db, *TRACES)
    again, other = await complete(execute, cart_id), await complete(execute, cart_id, "k-2", token="tok_declined")
    assert (again, other) == ({**first, "replayed": True}, first)
    assert await row_counts(db, *TRACES) == before
    changed = await complete(execute, cart_id, token="tok_other")
    assert codes(changed) == ["IDEMPOTENCY_KEY_REUSED"]
    assert changed["order"] is None


@pytest.mark.parametrize("keys", [["k"] * 8, [f"k-{number}" for number in range(8)]])
async def test_sent_many_times_at_once_it_is_one_order(db: Database, execute: Execute, keys: list[str]) -> None:
    shop = await make_shop(db, {("A", "osaka"): 9})
    cart_id = await ready_cart(db, shop, {"A": 2}, "shibuya")
    payloads = await asyncio.gather(*(complete(execute, cart_id, key) for key in keys))
    assert {(payload["order"]["id"], payload["order"]["status"]) for payload in payloads} == {
        (payloads[0]["order"]["id"], "PLACED")
    }
    assert [codes(payload) for payload in payloads] == [[]] * 8
    counts = await row_counts(db, "orders", "holds", "payments", "transfers")
    assert counts == {"orders": 1, "holds": 1, "payments": 1, "transfers": 1}


@pytest.mark.parametrize("key", ["k-1", "k-2"])
async def test_after_a_crash_between_the_two_transactions_the_next_call_goes_on(
    db: Database, execute: Execute, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    from app.checkout.graphql import mutations  # noqa: PLC0415  # patched only here

    shop = await make_shop(db, {("A", "warehouse"): 3})
    cart_id = await ready_cart(db, shop, {"A": 2})

    async def dies(*_arguments: Any, **_keywords: Any) -> None:
        message = "The process was killed here."
        raise RuntimeError(message)

    with monkeypatch.context() as crash:
        crash.setattr(mutations, "complete_payment", dies)
        result = await execute.raw(COMPLETE, complete_input(cart_id))
        assert [error.extensions["code"] for error in result.errors] == ["INTERNAL_SERVER_ERROR"]
    assert await row_counts(db, "orders", "payments") == {"orders": 1, "payments": 1}
    payload = await complete(execute, cart_id, key)
    assert (payload["order"]["status"], payload["replayed"]) == ("PLACED", key == "k-1")
    assert await row_counts(db, "orders", "payments") == {"orders": 1, "payments": 1}


async def test_a_declined_card_cancels_and_says_so_each_time(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    payload = await complete(execute, cart_id, token="tok_declined")
    assert payload["userErrors"] == [
        {
            "__typename": "PaymentDeclinedError",
            "code": "PAYMENT_DECLINED",
            "message": "The payment was declined. The order is canceled, the cart is open again.",
            "path": ["input", "payment"],
        }
    ]
    assert (payload["order"]["status"], payload["order"]["paymentStatus"]) == ("CANCELED", "FAILED")
    again = await complete(execute, cart_id, token="tok_declined")
    assert again == {**payload, "replayed": True}
    other = await ready_cart(db, shop, {"A": 1})
    assert (await complete(execute, other))["order"]["status"] == "PLACED"


async def test_a_company_that_does_not_answer_leaves_the_order_pending_until_its_time_is_up(
    db: Database, execute: Execute
) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    payload = await complete(execute, cart_id, token="tok_unreachable")
    order = payload["order"]
    assert (order["status"], order["paymentStatus"], payload["userErrors"]) == ("PENDING_PAYMENT", "PENDING", [])
    assert order["lines"][0]["allocations"][0]["isFinal"] is False
    await expire_holds(db)
    await pump(db, now=NOW)
    late = await complete(execute, cart_id, token="tok_unreachable")
    assert (codes(late), late["order"]["status"]) == (["RESERVATION_EXPIRED"], "CANCELED")


async def test_all_refusals_come_at_once_with_their_facts_and_keep_nothing(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1, ("C", "warehouse"): 1})
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 3, "B": 1, "C": 1})
        await deliver(tx, cart_id, shop, ["A"], "home")
        await deliver(tx, cart_id, shop, ["C"], "konbini")
    before = await row_counts(db, *TRACES)
    payload = await complete(execute, cart_id, method="PAY_AT_PICKUP", token=None, expectedTotal=1, email="x")
    assert (payload["order"], payload["cart"]) == (None, None)
    assert [error["__typename"] for error in payload["userErrors"]] == [
        "InsufficientStockError",
        "DeliveryMissingError",
        "InsufficientStockError",
        "DeliveryModeNotEligibleError",
        "PriceChangedError",
        "GenericError",
        "PaymentMethodNotEligibleError",
    ]
    short, missing, _, mode, price, email, payment = payload["userErrors"]
    assert (short["sku"], short["requested"], short["available"]) == ("SKU-A", 3, 1)
    assert (short["message"], bool(short["lineId"])) == ("SKU-A: 1 of 3 units are available.", True)
    assert (missing["sku"], bool(missing["lineId"])) == ("SKU-B", True)
    assert (mode["mode"], mode["reasons"], mode["sku"]) == (
        "CONVENIENCE_STORE_PICKUP",
        ["GIRTH_OVER_LIMIT"],
        "SKU-C",
    )
    assert (price["old"], price["new"], price["sku"]) == ({"amount": 1}, {"formatted": "¥6,840"}, None)
    assert (email["code"], email["path"]) == ("INVALID_INPUT", ["input", "email"])
    assert payment["methodReasons"] == ["NOT_ALL_STORE_PICKUP"]
    assert await row_counts(db, *TRACES, "requests") == {**before, "requests": 0}


async def test_a_refused_checkout_may_be_sent_again_under_its_key(db: Database, execute: Execute) -> None:
    shop = await make_shop(db)
    cart_id = await ready_cart(db, shop, {"A": 1})
    assert codes(await complete(execute, cart_id)) == ["INSUFFICIENT_STOCK"]
    async with db.write() as tx:
        await put_stock(tx, shop.variants["A"], shop.places["osaka"], 1)
    payload = await complete(execute, cart_id)
    assert (payload["order"]["status"], payload["replayed"]) == ("PLACED", False)


@pytest.mark.parametrize("cart", ["nonsense", global_id("Cart", UUID(int=7)), global_id("Order", UUID(int=7))])
async def test_an_unknown_cart_is_refused(db: Database, execute: Execute, cart: str) -> None:
    variables = complete_input(UUID(int=7))
    variables["input"]["cartId"] = cart
    payload = (await execute(COMPLETE, variables))["checkoutComplete"]
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("NOT_FOUND", ["input", "cartId"])]


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "\x00"])
async def test_a_key_that_is_none_is_refused(db: Database, execute: Execute, key: str) -> None:
    shop = await make_shop(db, {("A", "osaka"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    payload = await complete(execute, cart_id, key)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
        ("INVALID_INPUT", ["input", "idempotencyKey"])
    ]
    assert await row_counts(db, "orders") == {"orders": 0}


async def test_home_delivery_and_a_pickup_with_a_transfer_become_work_of_three_places(
    db: Database, execute: Execute
) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("B", "osaka"): 2, ("C", "shibuya"): 1})
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 1, "B": 2, "C": 1})
        await deliver(tx, cart_id, shop, ["A"], "home")
        await deliver(tx, cart_id, shop, ["B", "C"], "shibuya")
    payload = await complete(execute, cart_id)
    assert payload["userErrors"] == []
    assert [
        (line["sku"], [hold["location"]["code"] for hold in line["allocations"]]) for line in payload["order"]["lines"]
    ] == [("SKU-A", ["warehouse"]), ("SKU-B", ["osaka"]), ("SKU-C", ["shibuya"])]
    await pump(db, now=NOW)
    document = """query ($id: ID!) { order(id: $id) {
      deliveries { mode location { code } fulfillments { location { code } } pickup { status } }
    } }"""
    data = await execute(document, {"id": payload["order"]["id"]})
    assert sorted(
        (d["mode"], [f["location"]["code"] for f in d["fulfillments"]], bool(d["pickup"]))
        for d in data["order"]["deliveries"]
    ) == [("HOME_DELIVERY", ["warehouse"], False), ("STORE_PICKUP", ["shibuya"], True)]


async def test_the_whole_checkout_takes_a_fixed_number_of_statements(
    db: Database, execute: Execute, count_statements: Any
) -> None:
    shop = await make_shop(db, {(letter, "warehouse"): 5 for letter in "ABC"})
    document = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
        order { id } userErrors { code } } }"""
    totals: dict[str, int] = {}
    for method in ("PAY_AT_PICKUP", "CARD"):
        cart_id = await ready_cart(db, shop, {"A": 1, "B": 1, "C": 1}, "shibuya")
        with count_statements() as count:
            data = await execute(document, complete_input(cart_id, method=method))
        assert data["checkoutComplete"]["userErrors"] == []
        totals[method] = count.total
    # With the idempotency key, a transfer and the payload; the card adds the second transaction.
    assert totals == {"PAY_AT_PICKUP": 24, "CARD": 31}


async def test_the_order_of_a_pending_checkout_is_found_by_its_cart(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "osaka"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1}, "osaka")
    order_id = await check_out(db, cart_id, replace(CARD, token="tok_ok"))
    data = await execute(
        "query ($id: ID!) { cart(id: $id) { status order { id status } } }", {"id": global_id("Cart", cart_id)}
    )
    assert data["cart"] == {
        "status": "COMPLETED",
        "order": {"id": global_id("Order", order_id), "status": "PENDING_PAYMENT"},
    }
    assert await transfers_of(db, order_id) == []
