"""A flash sale: many carts become orders in one transaction, first come first served, and none disturbs the others."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.errors import CartExpired
from app.checkout.actions import place_orders as module
from app.checkout.actions.place_orders import place_orders
from app.checkout.actions.settle_payments import settle_payments
from app.checkout.model import Checkout, PlacedOrder
from app.inventory.errors import InsufficientStock
from app.kit.db import Database
from app.kit.errors import DomainError, NotFound, Refusals, answer_of
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from app.payments.model import AuthorizationRequest, AuthorizationResult
from tests.checkout.builders import (
    AT_PICKUP,
    CARD,
    TRACES,
    Shop,
    check_out,
    make_shop,
    ready_cart,
)
from tests.checkout.test_checkout_complete import COMPLETE, codes, complete, complete_input
from tests.conftest import NOW, Execute
from tests.inventory.builders import counters
from tests.orders.builders import row_counts
from tests.payments.builders import payment_row

STATUS = Statement("SELECT id, status FROM orders WHERE external_reference = ANY(CAST(:carts AS text[]))")


async def carts_of(db: Database, shop: Shop, count: int, units: int = 1, to: str = "home") -> list[UUID]:
    return [await ready_cart(db, shop, {"A": units}, to) for _ in range(count)]


async def place(db: Database, *checkouts: Checkout) -> list[PlacedOrder | DomainError]:
    """All in one call."""
    return await db.in_write(lambda tx: place_orders(tx, checkouts, actor="shopper", now=NOW))


def by_card(cart_id: UUID) -> Checkout:
    return Checkout(cart_id, CARD, NOW)


@pytest.mark.parametrize(("units", "buyers"), [(1, 30), (12, 40), (40, 12)])
async def test_more_buyers_than_units_and_exactly_the_units_are_sold(
    db: Database, execute: Execute, units: int, buyers: int
) -> None:
    shop = await make_shop(db, {("A", "warehouse"): units})
    carts = await carts_of(db, shop, buyers)
    payloads = await asyncio.gather(*(complete(execute, cart_id) for cart_id in carts))
    sold = min(units, buyers)
    assert Counter(tuple(codes(payload)) for payload in payloads) == Counter(
        {(): sold, ("INSUFFICIENT_STOCK",): buyers - sold}
    )
    assert {payload["order"]["status"] for payload in payloads if payload["order"]} == {"PLACED"}
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (units, 0, sold, 0)}
    assert await row_counts(db, "orders", "holds", "payments") == {"orders": sold, "holds": sold, "payments": sold}


async def test_the_units_go_to_who_came_first_and_a_small_wish_passes_where_a_big_one_failed(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    wanted = [2, 4, 2, 2, 1]
    carts = [await ready_cart(db, shop, {"A": units}) for units in wanted]
    answers = await place(db, *(by_card(cart_id) for cart_id in carts))
    assert [isinstance(answer, PlacedOrder) for answer in answers] == [True, False, True, False, True]
    assert [refusal.facts["available"] for refusal in (answers[1], answers[3]) if isinstance(refusal, Refusals)] == [
        3,
        1,
    ]
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (5, 5, 0, 0)}


async def test_every_refusal_is_told_to_its_buyer_and_to_no_other(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9})
    good, expired, dear, twin, other = await carts_of(db, shop, 5)
    big = await ready_cart(db, shop, {"A": 90})
    before = await check_out(db, other, CARD)
    answers = await place(
        db,
        Checkout(new_id(), CARD, NOW),
        Checkout(expired, CARD, NOW + timedelta(days=30)),
        Checkout(dear, replace(CARD, expected_total=1), NOW),
        by_card(big),
        by_card(good),
        by_card(other),
        Checkout(twin, replace(CARD, token=None), NOW),
        by_card(twin),
        by_card(twin),
        Checkout(twin, replace(CARD, token=None), NOW),
    )
    assert [type(answer) for answer in answers[:4]] == [NotFound, CartExpired, Refusals, Refusals]
    assert [str(answer.code) for answer in answers[2:4] if isinstance(answer, DomainError)] == [
        "PRICE_CHANGED",
        "INSUFFICIENT_STOCK",
    ]
    placed = [answer.order_id if isinstance(answer, PlacedOrder) else None for answer in answers[4:]]
    assert placed[1] == before
    assert placed[2] is None
    # Whoever comes after the order that the cart became is answered with it, whatever he says.
    assert placed[3] == placed[4] == placed[5] is not None
    assert await row_counts(db, "orders", "holds", "payments") == {"orders": 3, "holds": 3, "payments": 3}
    async with db.read() as tx:
        rows = await tx.fetch(Statement("SELECT id, status FROM carts"))
    status = {row["id"]: row["status"] for row in rows}
    assert [status[cart_id] for cart_id in (good, other, twin, expired, dear, big)] == ["COMPLETED"] * 3 + ["OPEN"] * 3


async def test_twins_of_a_sold_out_cart_are_all_refused(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    first, second = [await ready_cart(db, shop, {"A": 2}) for _ in range(2)]
    before = await row_counts(db, *TRACES)
    answers = await place(db, by_card(first), by_card(second), by_card(second))
    assert isinstance(answers[0], PlacedOrder)
    for answer in answers[1:]:
        assert isinstance(answer, Refusals)
        [refusal] = answer.refusals
        assert isinstance(refusal, InsufficientStock)
        assert (refusal.facts["requested"], refusal.facts["available"]) == (2, 1)
    counts = await row_counts(db, *TRACES)
    assert (counts["orders"] - before["orders"], counts["holds"] - before["holds"]) == (1, 1)


async def test_a_card_company_is_asked_for_what_the_batch_knows(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 5})
    card, at_pickup = await carts_of(db, shop, 2, to="shibuya")
    answers = await place(db, by_card(card), Checkout(at_pickup, AT_PICKUP, NOW))
    first, second = [answer_of(answer) for answer in answers]
    payment = await payment_row(db, first.order_id)
    assert first.authorization == AuthorizationRequest(payment["id"], 1100, "JPY", "tok_ok")
    assert second.authorization is None
    assert (await place(db, by_card(card))) == [PlacedOrder(first.order_id)]


async def test_one_that_breaks_the_work_breaks_nobody_elses(
    db: Database, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9})
    carts = await carts_of(db, shop, 7)
    draft = module.draft_order

    def poisoned(cart: Any, *arguments: Any, **keywords: Any) -> Any:
        if cart.id == carts[3]:
            message = "A bug that only this cart meets."
            raise RuntimeError(message)
        return draft(cart, *arguments, **keywords)

    monkeypatch.setattr(module, "draft_order", poisoned)
    results = await asyncio.gather(*(execute.raw(COMPLETE, complete_input(cart_id)) for cart_id in carts))
    assert [result.errors is None for result in results] == [True] * 3 + [False] + [True] * 3
    placed = [result.data["checkoutComplete"]["order"]["status"] for result in results if result.errors is None]
    assert placed == ["PLACED"] * 6
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (9, 0, 6, 0)}
    monkeypatch.setattr(module, "draft_order", draft)
    assert (await complete(execute, carts[3]))["order"]["status"] == "PLACED"


async def test_some_cards_are_declined_and_some_get_no_answer(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 50})
    carts = await carts_of(db, shop, 24)
    tokens = ["tok_ok", "tok_declined", "tok_unreachable", "tok_ok"] * 6
    payloads = await asyncio.gather(
        *(complete(execute, cart_id, token=token) for cart_id, token in zip(carts, tokens, strict=True))
    )
    outcomes = {
        "tok_ok": ("PLACED", "COMPLETED", []),
        "tok_declined": ("CANCELED", "OPEN", ["PAYMENT_DECLINED"]),
        "tok_unreachable": ("PENDING_PAYMENT", "COMPLETED", []),
    }
    for payload, token in zip(payloads, tokens, strict=True):
        assert (payload["order"]["status"], payload["cart"]["status"], codes(payload)) == outcomes[token]
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (50, 6, 12, 0)}


async def test_two_carts_of_one_buyer_are_two_orders(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    first, second = await carts_of(db, shop, 2)
    payloads = await asyncio.gather(complete(execute, first), complete(execute, second))
    assert len({payload["order"]["id"] for payload in payloads}) == 2
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (3, 0, 2, 0)}


async def test_a_key_that_comes_twice_in_one_batch(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9})
    first, other = await carts_of(db, shop, 2)
    payloads = await asyncio.gather(
        complete(execute, first),
        complete(execute, other),
        complete(execute, first),
        complete(execute, first, token="tok_other"),
    )
    assert [codes(payload) for payload in payloads] == [[], [], [], ["IDEMPOTENCY_KEY_REUSED"]]
    assert [payload["replayed"] for payload in payloads] == [False, False, True, False]
    assert payloads[0]["order"] == payloads[2]["order"]
    assert await row_counts(db, "orders", "holds") == {"orders": 2, "holds": 2}


async def test_no_card_token_is_kept_with_the_answer(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    [cart_id] = await carts_of(db, shop, 1)
    await complete(execute, cart_id, token="tok_secret")
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT count(*) FROM requests WHERE answer::text LIKE '%tok_%'")) == 0
        assert await tx.fetchval(Statement("SELECT count(*) FROM requests WHERE operation = 'checkoutComplete'")) == 1


async def test_what_each_actor_does_is_recorded_under_its_own_name(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9})
    carts = await carts_of(db, shop, 6)
    actors = [Actor(ActorKind.STAFF, f"key:till-{number % 3}") for number in range(6)]
    data = await asyncio.gather(
        *(
            execute(COMPLETE, complete_input(cart_id, str(cart_id)), actor=actor)
            for cart_id, actor in zip(carts, actors, strict=True)
        )
    )
    assert {answer["checkoutComplete"]["order"]["status"] for answer in data} == {"PLACED"}
    async with db.read() as tx:
        history = await tx.fetch(Statement("SELECT actor, count(*) AS times FROM order_history GROUP BY actor"))
        ledger = await tx.fetch(
            Statement("SELECT actor, count(*) AS times FROM ledger WHERE cause_kind = 'ORDER' GROUP BY actor")
        )
    expected = {f"key:till-{number}": 4 for number in range(3)}
    assert {row["actor"]: row["times"] for row in history} == expected
    assert {row["actor"]: row["times"] for row in ledger} == expected


async def test_the_number_of_statements_does_not_grow_with_the_checkouts(db: Database, count_statements: Any) -> None:
    shop = await make_shop(db, {(letter, "warehouse"): 500 for letter in "ABC"})
    placed: dict[int, int] = {}
    settled: dict[int, int] = {}
    for count in (2, 7, 30):
        carts = [await ready_cart(db, shop, {"A": 1, "BC"[number % 2]: 2}) for number in range(count)]
        with count_statements() as counted:
            answers = await place(db, *(by_card(cart_id) for cart_id in carts))
        placed[count] = counted.total
        results = {answer_of(answer).order_id: AuthorizationResult(reference="r") for answer in answers}
        with count_statements() as counted:
            await db.in_write(lambda tx, results=results: settle_payments(tx, results, actor="shopper", now=NOW))
        settled[count] = counted.total
    assert placed == dict.fromkeys((2, 7, 30), 17)
    assert settled == dict.fromkeys((2, 7, 30), 8)


CREATE = """mutation ($input: CartCreateInput!) { cartCreate(input: $input) {
  cart { id problems { code } } userErrors { code path } } }"""


async def test_a_whole_checkout_is_two_requests(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 6, ("A", "shibuya"): 3})

    async def create(number: int) -> dict[str, Any]:
        store = {"mode": "STORE_PICKUP", "locationId": global_id("Location", shop.places["shibuya"])}
        given = {"lines": [{"sku": "SKU-A"}], "delivery": store, "idempotencyKey": f"a key of buyer number {number}"}
        created = (await execute(CREATE, {"input": given}))["cartCreate"]
        assert created["userErrors"] == []
        return created["cart"]

    async def buy(number: int, cart: dict[str, Any]) -> list[str]:
        variables = {
            "input": {
                "cartId": cart["id"],
                "email": f"buyer{number}@example.jp",
                "payment": {"method": "CARD", "token": "tok_ok"},
                "idempotencyKey": f"k-{number}",
            }
        }
        payload = (await execute(COMPLETE, variables))["checkoutComplete"]
        return codes(payload)

    carts = await asyncio.gather(*(create(number) for number in range(15)))
    # Who comes when others have bought is told so: nobody has yet.
    assert [cart["problems"] for cart in carts] == [[]] * 15
    outcomes = await asyncio.gather(*(buy(number, cart) for number, cart in enumerate(carts)))
    assert Counter(map(tuple, outcomes)) == {(): 9, ("INSUFFICIENT_STOCK",): 6}
    assert await counters(db) == {
        (shop.variants["A"], shop.places["warehouse"]): (6, 0, 6, 0),
        (shop.variants["A"], shop.places["shibuya"]): (3, 0, 3, 0),
    }
