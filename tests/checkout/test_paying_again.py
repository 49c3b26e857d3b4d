"""A payment that failed gives the cart back: it is changed, sent again, and becomes one order."""

import asyncio
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import pytest

from app.carts.actions.add_lines import add_lines
from app.carts.model import WantedLine
from app.checkout.invariants import INVARIANTS
from app.kit.db import Database
from app.kit.statement import Statement
from tests.checkout.builders import CARD, Shop, check_out, deliver, expire_holds, make_shop, ready_cart
from tests.checkout.test_checkout_complete import codes, complete
from tests.conftest import NOW, Execute
from tests.inventory.builders import counters
from tests.orders.builders import published, row_counts
from tests.pump import pump


async def orders(db: Database) -> list[tuple[str, str, str]]:
    """(status, payment status, reference) of all orders, oldest first."""
    async with db.read() as tx:
        rows = await tx.fetch(Statement("SELECT * FROM orders ORDER BY number"))
    return [(row.status, row.payment_status, row.external_reference) for row in rows]


async def declined_cart(db: Database, execute: Execute, units: int = 2) -> tuple[Shop, UUID, dict[str, Any]]:
    """A cart with two of SKU-A to Osaka's store whose card was declined, and the answer."""
    shop = await make_shop(db, {("A", "osaka"): units})
    cart_id = await ready_cart(db, shop, {"A": 2}, "osaka")
    payload = await complete(execute, cart_id, token="tok_declined")
    assert codes(payload) == ["PAYMENT_DECLINED"]
    return shop, cart_id, payload


async def test_after_a_decline_the_same_cart_is_paid_with_another_card(db: Database, execute: Execute) -> None:
    shop, cart_id, declined = await declined_cart(db, execute)
    assert (declined["cart"]["status"], declined["cart"]["order"]) == ("OPEN", None)
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (2, 0, 0, 0)}
    paid = await complete(execute, cart_id, "k-2")
    assert (paid["userErrors"], paid["order"]["status"], paid["cart"]["status"]) == ([], "PLACED", "COMPLETED")
    assert paid["cart"]["order"]["id"] == paid["order"]["id"] != declined["order"]["id"]
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (2, 0, 2, 0)}
    [(*first, reference), second] = await orders(db)
    assert (first, second) == (["CANCELED", "FAILED"], ("PLACED", "AUTHORIZED", str(cart_id)))
    assert reference.startswith(f"{cart_id}/HK-")
    assert len(await published(db, "order_placed")) == 1


async def test_the_same_key_repeats_its_answer_before_and_after_the_next_try(db: Database, execute: Execute) -> None:
    _, cart_id, declined = await declined_cart(db, execute)
    again = await complete(execute, cart_id, token="tok_declined")
    assert again == {**declined, "replayed": True}
    assert codes(await complete(execute, cart_id, token="tok_ok")) == ["IDEMPOTENCY_KEY_REUSED"]
    assert len(await orders(db)) == 1
    paid = await complete(execute, cart_id, "k-2")
    again = await complete(execute, cart_id, token="tok_declined")
    assert (again["order"], again["userErrors"]) == (declined["order"], declined["userErrors"])
    assert again["cart"]["order"]["id"] == paid["order"]["id"]
    assert len(await orders(db)) == 2


async def test_as_many_cards_as_it_takes(db: Database, execute: Execute) -> None:
    shop, cart_id, _ = await declined_cart(db, execute)
    for number in range(2, 5):
        payload = await complete(execute, cart_id, f"k-{number}", token="tok_insufficient_funds")
        assert (codes(payload), payload["cart"]["status"]) == (["PAYMENT_DECLINED"], "OPEN")
    assert (await complete(execute, cart_id, "k-5"))["order"]["status"] == "PLACED"
    assert [status for status, *_ in await orders(db)] == ["CANCELED"] * 4 + ["PLACED"]
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (2, 0, 2, 0)}


async def test_many_tries_at_once_after_a_decline_are_one_order(db: Database, execute: Execute) -> None:
    shop, cart_id, _ = await declined_cart(db, execute, units=50)
    payloads = await asyncio.gather(*(complete(execute, cart_id, f"k-{number}") for number in range(2, 12)))
    assert {(payload["order"]["id"], payload["order"]["status"]) for payload in payloads} == {
        (payloads[0]["order"]["id"], "PLACED")
    }
    assert [status for status, *_ in await orders(db)] == ["CANCELED", "PLACED"]
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (50, 0, 2, 0)}


async def test_good_and_bad_cards_at_once_leave_at_most_one_order_that_lives(db: Database, execute: Execute) -> None:
    shop, cart_id, _ = await declined_cart(db, execute, units=3)
    tokens = ["tok_declined", "tok_ok"] * 6
    await asyncio.gather(
        *(complete(execute, cart_id, f"r-{number}", token=token) for number, token in enumerate(tokens))
    )
    placed = [row for row in await orders(db) if row[0] == "PLACED"]
    given_up = [row for row in await orders(db) if row[0] == "CANCELED"]
    assert len(placed) <= 1
    assert len(placed) + len(given_up) == len(await orders(db))
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (3, 0, 2 * len(placed), 0)}
    last = await complete(execute, cart_id, "k-last")
    assert (last["order"]["status"], last["cart"]["status"]) == ("PLACED", "COMPLETED")


async def test_another_may_take_the_units_between_two_tries(db: Database, execute: Execute) -> None:
    shop, cart_id, _ = await declined_cart(db, execute)
    await check_out(db, await ready_cart(db, shop, {"A": 1}, "osaka"))
    refused = await complete(execute, cart_id, "k-2")
    [error] = refused["userErrors"]
    assert (error["code"], error["requested"], error["available"]) == ("INSUFFICIENT_STOCK", 2, 1)
    assert len(await orders(db)) == 2


async def test_a_cart_whose_reservation_expired_is_open_and_can_be_paid(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    cart_id = await ready_cart(db, shop, {"A": 2}, "osaka")
    assert (await complete(execute, cart_id, token="tok_unreachable"))["cart"]["status"] == "COMPLETED"
    await expire_holds(db)
    await pump(db, now=NOW)
    late = await complete(execute, cart_id, token="tok_unreachable")
    assert (codes(late), late["cart"]["status"], late["cart"]["order"]) == (["RESERVATION_EXPIRED"], "OPEN", None)
    assert (await complete(execute, cart_id, "k-2"))["order"]["status"] == "PLACED"
    assert [row[:2] for row in await orders(db)] == [("CANCELED", "VOIDED"), ("PLACED", "AUTHORIZED")]


async def test_a_cart_that_is_open_again_can_be_changed(db: Database, execute: Execute) -> None:
    shop, cart_id, declined = await declined_cart(db, execute, units=9)
    async with db.write() as tx:
        await add_lines(tx, cart_id, [WantedLine(3, sku="SKU-A")], now=NOW)
        await deliver(tx, cart_id, shop, ["A"], "home")
    paid = await complete(execute, cart_id, "k-2")
    assert paid["userErrors"] == []
    assert (declined["order"]["total"], paid["order"]["total"]) == ({"amount": 2200}, {"amount": 5500})
    assert [line["allocations"][0]["quantity"] for line in paid["order"]["lines"]] == [5]
    assert await row_counts(db, "carts", "orders") == {"carts": 1, "orders": 2}


async def test_an_order_that_was_placed_keeps_its_cart(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    cart_id = await ready_cart(db, shop, {"A": 2}, "osaka")
    paid = await complete(execute, cart_id)
    cancel = "mutation ($input: OrderCancelInput!) { orderCancel(input: $input) { order { status } } }"
    variables = {"input": {"orderId": paid["order"]["id"], "idempotencyKey": "c-1"}}
    assert (await execute(cancel, variables))["orderCancel"]["order"]["status"] == "CANCELED"
    again = await complete(execute, cart_id, "k-2")
    assert (again["order"]["id"], again["order"]["status"]) == (paid["order"]["id"], "CANCELED")
    assert again["cart"]["status"] == "COMPLETED"


DAMAGE: Final = {
    "an open cart is no order": "UPDATE carts SET status = 'OPEN'",
    "an order whose payment was declined has given its cart back": """
        UPDATE orders SET status = 'CANCELED', payment_status = 'FAILED'""",
}


class Undo(Exception):
    """Rolls the damage back."""


@pytest.mark.parametrize("claim", INVARIANTS)
async def test_the_invariants_object(db: Database, claim: str) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"), CARD)
    with suppress(Undo):
        async with db.write() as tx:
            await tx.connection.execute(DAMAGE[claim])
            assert len(await tx.connection.fetch(INVARIANTS[claim])) == 1
            raise Undo
