"""A cart becomes an order, exactly once, with its stock, payment and transfers, or not at all."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.errors import CartExpired
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout
from app.inventory.errors import InsufficientStock
from app.kit.db import Database
from app.kit.errors import DomainError, NotFound, Refusals
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.orders.sql import deliveries_of, lines_of
from tests.catalog.builders import put_price
from tests.checkout.builders import (
    AT_PICKUP,
    CARD,
    TRACES,
    check_out,
    deliver,
    holds_of,
    make_cart,
    make_shop,
    ready_cart,
    transfers_of,
)
from tests.conftest import NOW
from tests.inventory.builders import counters
from tests.orders.builders import order_row, published, row_counts
from tests.payments.builders import payment_row


async def refusals_of(db: Database, cart_id: UUID, request: Any = CARD) -> list[DomainError]:
    """The refusals of a checkout, which must leave nothing behind."""
    before = await row_counts(db, *TRACES)
    with pytest.raises(Refusals) as refused:
        await check_out(db, cart_id, request)
    assert await row_counts(db, *TRACES) == before
    return refused.value.refusals


async def test_pay_at_pickup_allocates_and_places_at_once(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 5, ("B", "shibuya"): 1})
    cart_id = await ready_cart(db, shop, {"A": 2, "B": 1}, "shibuya")
    order_id = await check_out(db, cart_id)
    order = await order_row(db, order_id)
    assert (order["status"], order["payment_status"], order["total_minor"]) == ("PLACED", "DUE_AT_PICKUP", 2740)
    assert (order["source_system"], order["external_reference"]) == ("cart", str(cart_id))
    assert (order["email"], order["placed_at"]) == ("hanako@example.jp", NOW)
    store = shop.places["shibuya"]
    assert await holds_of(db, order_id) == [(1, store, 2, "A"), (2, store, 1, "A")]
    assert await transfers_of(db, order_id) == []
    payment = await payment_row(db, order_id)
    assert (payment["method"], payment["status"], payment["amount_minor"]) == ("PAY_AT_PICKUP", "DUE_AT_PICKUP", 2740)
    assert [payload for _, payload in await published(db, "order_placed")] == [{"order_id": str(order_id)}]
    async with db.read() as tx:
        [delivery] = await deliveries_of(tx, [order_id])
        lines = await lines_of(tx, [order_id])
        cart = await tx.fetchrow(Statement("SELECT status FROM carts WHERE id = :id"), id=cart_id)
    assert (delivery.mode, delivery.location_id, delivery.address) == ("STORE_PICKUP", store, None)
    assert lines[0].names == {"ja": "商品 sku-a", "en": "Product sku-a"}
    assert {line.delivery_id for line in lines} == {delivery.id}
    assert cart is not None
    assert cart.status == "COMPLETED"


async def test_a_card_reserves_until_its_company_has_answered(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5}, shipping_fee_minor=550)
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}), CARD)
    order = await order_row(db, order_id)
    assert (order["status"], order["payment_status"]) == ("PENDING_PAYMENT", "PENDING")
    assert (order["shipping_minor"], order["total_minor"], order["tax_minor"]) == (550, 2750, 250)
    assert await holds_of(db, order_id) == [(1, shop.places["warehouse"], 2, "R")]
    async with db.read() as tx:
        expires_at = await tx.fetchval(Statement("SELECT expires_at FROM holds"))
    assert expires_at == NOW + timedelta(minutes=15)
    assert await published(db, "order_placed") == []
    assert (await payment_row(db, order_id))["token"] == "tok_ok"


async def test_home_delivery_and_a_pickup_that_needs_a_transfer_in_one_cart(db: Database) -> None:
    stock = {("A", "osaka"): 9, ("A", "warehouse"): 9, ("B", "shibuya"): 1, ("B", "osaka"): 4, ("C", "shibuya"): 1}
    shop = await make_shop(db, stock, payment_methods=["CARD"])
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 2, "B": 3, "C": 1})
        await deliver(tx, cart_id, shop, ["A"], "home", postal_code="5300001")
        await deliver(tx, cart_id, shop, ["B", "C"], "shibuya")
    order_id = await check_out(db, cart_id, CARD)
    osaka, shibuya = shop.places["osaka"], shop.places["shibuya"]
    # The parcel leaves from the store next to the address; three of B are only in Osaka; C waits at the store.
    assert await holds_of(db, order_id) == [(1, osaka, 2, "R"), (2, osaka, 3, "R"), (3, shibuya, 1, "R")]
    # Nothing travels before the payment is certain.
    assert await transfers_of(db, order_id) == []


async def test_a_pickup_paid_at_the_counter_gets_its_transfer_at_once(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 1, ("A", "osaka"): 2, ("A", "warehouse"): 1, ("B", "osaka"): 1})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 4, "B": 1}, "shibuya"))
    osaka, shibuya, warehouse = (shop.places[name] for name in ("osaka", "shibuya", "warehouse"))
    assert await holds_of(db, order_id) == [
        (1, warehouse, 1, "A"),
        (1, shibuya, 1, "A"),
        (1, osaka, 2, "A"),
        (2, osaka, 1, "A"),
    ]
    assert await transfers_of(db, order_id) == [
        (warehouse, shibuya, [(1, shop.variants["A"], 1)]),
        (osaka, shibuya, [(1, shop.variants["A"], 2), (2, shop.variants["B"], 1)]),
    ]


async def test_a_parcel_to_a_partners_point_leaves_from_the_nearest_place(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 1, ("A", "warehouse"): 9, ("A", "shibuya"): 9})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 1}, "konbini"), CARD)
    assert await holds_of(db, order_id) == [(1, shop.places["osaka"], 1, "R")]


@pytest.mark.parametrize("request_", [CARD, AT_PICKUP])
async def test_thirty_buyers_of_one_unit_make_one_order(db: Database, request_: Any) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 1})
    carts = [await ready_cart(db, shop, {"A": 1}, "shibuya") for _ in range(30)]

    async def buys(cart_id: UUID) -> UUID | InsufficientStock:
        try:
            return await check_out(db, cart_id, request_)
        except Refusals as refused:
            [refusal] = refused.refusals
            assert isinstance(refusal, InsufficientStock)  # any other refusal would be a failure
            return refusal

    outcomes = await asyncio.gather(*(buys(cart_id) for cart_id in carts))
    winners = [outcome for outcome in outcomes if isinstance(outcome, UUID)]
    refused = [outcome for outcome in outcomes if not isinstance(outcome, UUID)]
    assert (len(winners), len(refused)) == (1, 29)
    assert {(refusal.facts["requested"], refusal.facts["available"]) for refusal in refused} == {(1, 0)}
    assert await row_counts(db, "orders", "holds", "payments") == {"orders": 1, "holds": 1, "payments": 1}
    state = (1, 1, 0, 0) if request_ is CARD else (1, 0, 1, 0)
    assert await counters(db) == {(shop.variants["A"], shop.places["shibuya"]): state}


async def test_one_cart_sent_many_times_at_once_is_one_order(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 50})
    cart_id = await ready_cart(db, shop, {"A": 2})
    answers = await asyncio.gather(*(check_out(db, cart_id, CARD) for _ in range(12)))
    assert len(set(answers)) == 1
    assert await row_counts(db, "orders", "holds", "payments") == {"orders": 1, "holds": 1, "payments": 1}
    before = await row_counts(db, *TRACES)
    assert await check_out(db, cart_id, replace(CARD, token="tok_declined", email=None)) == answers[0]
    assert await row_counts(db, *TRACES) == before


async def test_everything_that_is_wrong_is_said_at_once(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1, ("C", "warehouse"): 1}, payment_methods=["CARD"])
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 3, "B": 1, "C": 1})
        await deliver(tx, cart_id, shop, ["A"], "home")
        await deliver(tx, cart_id, shop, ["C"], "konbini")
        await put_price(tx, shop.variants["A"], shop.channel_id, 1200)
    request = replace(AT_PICKUP, email="nobody", expected_total=1)
    refusals = await refusals_of(db, cart_id, request)
    assert [str(refusal.code) for refusal in refusals] == [
        "PRICE_CHANGED",
        "INSUFFICIENT_STOCK",
        "DELIVERY_MISSING",
        "INSUFFICIENT_STOCK",
        "DELIVERY_MODE_NOT_ELIGIBLE",
        "PRICE_CHANGED",
        "INVALID_INPUT",
        "PAYMENT_METHOD_NOT_ELIGIBLE",
    ]
    facts = [{name: value for name, value in refusal.facts.items() if name != "line_id"} for refusal in refusals]
    assert facts[0] == {"sku": "SKU-A", "old_minor": 1100, "new_minor": 1200, "currency": "JPY"}
    assert facts[1] == {"sku": "SKU-A", "variant_id": shop.variants["A"], "requested": 3, "available": 1}
    assert facts[2] == {"sku": "SKU-B"}
    assert facts[4] == {"sku": "SKU-C", "mode": "CONVENIENCE_STORE_PICKUP", "reasons": ["GIRTH_OVER_LIMIT"]}
    assert facts[5] == {"old_minor": 1, "new_minor": 6840, "currency": "JPY"}
    assert facts[7] == {"method": "PAY_AT_PICKUP", "method_reasons": ["NOT_OFFERED", "NOT_ALL_STORE_PICKUP"]}
    assert len({refusal.facts["line_id"] for refusal in refusals[:5]}) == 3
    assert [refusal.path for refusal in refusals[5:]] == [
        ["input", "expectedTotal"],
        ["input", "email"],
        ["input", "payment", "method"],
    ]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"email": None}, "INVALID_INPUT", ["input", "email"]),
        ({"token": None}, "INVALID_INPUT", ["input", "payment", "token"]),
        ({"token": "x" * 501}, "INVALID_INPUT", ["input", "payment", "token"]),
        ({"token": "tok_\x00"}, "INVALID_INPUT", ["input", "payment", "token"]),
        ({"expected_total": 1101}, "PRICE_CHANGED", ["input", "expectedTotal"]),
        ({"method": "EXTERNAL"}, "PAYMENT_METHOD_NOT_ELIGIBLE", ["input", "payment", "method"]),
        ({"method": "PAY_AT_PICKUP"}, "PAYMENT_METHOD_NOT_ELIGIBLE", ["input", "payment", "method"]),
    ],
)
async def test_what_the_buyer_says_is_checked(db: Database, change: dict[str, Any], code: str, path: list[str]) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1}, payment_methods=["CARD", "PAY_AT_PICKUP", "EXTERNAL"])
    cart_id = await ready_cart(db, shop, {"A": 1})
    [refusal] = await refusals_of(db, cart_id, replace(CARD, **change))
    assert (str(refusal.code), refusal.path) == (code, path)
    assert await check_out(db, cart_id, replace(CARD, expected_total=1100))


async def test_a_channel_that_is_closed_sells_nothing_to_carts_that_are_still_there(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 1})
    async with db.write() as tx:
        await tx.execute(Statement("UPDATE channels SET is_active = false"))
    [refusal] = await refusals_of(db, cart_id)
    assert (str(refusal.code), refusal.facts["sku"]) == ("NOT_SOLD", "SKU-A")


async def test_what_is_not_sold_any_more_is_refused(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    async with db.write() as tx:
        await put_price(tx, shop.variants["A"], shop.channel_id, 1100, is_published=False)
    [refusal] = await refusals_of(db, cart_id)
    assert (str(refusal.code), refusal.facts["sku"]) == ("NOT_SOLD", "SKU-A")


async def test_an_empty_cart_is_no_order(db: Database) -> None:
    shop = await make_shop(db)
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {})
    [refusal] = await refusals_of(db, cart_id)
    assert str(refusal.code) == "CART_EMPTY"


async def test_expired_and_unknown_carts_are_refused(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    before = await row_counts(db, *TRACES)
    late = NOW + timedelta(days=30)
    async with db.write() as tx:
        answers = await place_orders(
            tx, [Checkout(cart_id, CARD, late), Checkout(new_id(), CARD, NOW)], actor="shopper", now=late
        )
    assert [type(answer) for answer in answers] == [CartExpired, NotFound]
    assert await row_counts(db, *TRACES) == before


async def test_stock_that_was_taken_after_the_look_is_refused_with_what_is_left(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    cart_id = await ready_cart(db, shop, {"A": 2})
    from app.checkout.actions import place_orders as module  # noqa: PLC0415

    hold = module.hold_stock

    async def somebody_was_faster(tx: Any, requests: Any, *, actor: str) -> Any:
        monkeypatch.setattr(module, "hold_stock", hold)
        await check_out(db, await ready_cart(db, shop, {"A": 2}), CARD)
        return await hold(tx, requests, actor=actor)

    monkeypatch.setattr(module, "hold_stock", somebody_was_faster)
    with pytest.raises(Refusals) as refused:
        await check_out(db, cart_id, CARD)
    [refusal] = refused.value.refusals
    assert (refusal.facts["sku"], refusal.facts["requested"], refusal.facts["available"]) == ("SKU-A", 2, 1)
    assert await row_counts(db, "orders", "holds") == {"orders": 1, "holds": 1}


async def test_the_number_of_statements_does_not_grow_with_the_cart(db: Database, count_statements: Any) -> None:
    stock = {(letter, place): 5 for letter in "ABC" for place in ("warehouse", "shibuya")}
    shop = await make_shop(db, stock)
    totals: dict[tuple[str, int], int] = {}
    for request in (CARD, AT_PICKUP):
        for letters in ("A", "ABC"):
            cart_id = await ready_cart(db, shop, dict.fromkeys(letters, 1), "shibuya")
            with count_statements() as count:
                await check_out(db, cart_id, request)
            totals[request.method, len(letters)] = count.total
    assert totals == {("CARD", 1): 16, ("CARD", 3): 16, ("PAY_AT_PICKUP", 1): 16, ("PAY_AT_PICKUP", 3): 16}


async def test_a_transfer_costs_four_statements_more(db: Database, count_statements: Any) -> None:
    shop = await make_shop(db, {(letter, "warehouse"): 5 for letter in "ABC"})
    cart_id = await ready_cart(db, shop, {"A": 1, "B": 1, "C": 1}, "shibuya")
    with count_statements() as count:
        order_id = await check_out(db, cart_id)
    assert count.total == 20
    assert len(await transfers_of(db, order_id)) == 1
