"""A cart that is reserved becomes an order from its own units, whatever else is sold meanwhile."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.actions.add_lines import add_lines
from app.carts.model import WantedLine
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout, PlacedOrder
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.model import Demand, HoldRequest
from app.inventory.model.selling import Share
from app.kit.db import Database
from app.kit.errors import DomainError, Refusals
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.carts.reserving import reserve, reserved
from tests.checkout.builders import (
    AT_PICKUP,
    CARD,
    Shop,
    check_out,
    deliver,
    expire_holds,
    holds_of,
    make_shop,
    ready_cart,
)
from tests.checkout.selling import pay_by_card, problems_of
from tests.checkout.test_checkout_complete import codes, complete
from tests.conftest import NOW, Execute
from tests.inventory.builders import counters, facts, hold, movements, put_stock
from tests.inventory.selling import bundle
from tests.orders.builders import order_row, row_counts

ENDS = Statement("""
    SELECT count(DISTINCT cause_id) FILTER (WHERE kind = 'RESERVATION_CONVERTED') AS converted,
           count(DISTINCT cause_id) FILTER (WHERE kind = 'RESERVATION_EXPIRED') AS expired
      FROM ledger WHERE cause_kind = 'CART'
""")


async def take_the_rest(db: Database, shop: Shop, letter: str, place: str, units: int) -> None:
    """Somebody else allocates what is left."""
    demand = Demand(1, shop.variants[letter], units, (shop.places[place],))
    [verdict] = await hold(db, HoldRequest("STAFF", new_id(), (demand,)))
    assert verdict.claims


@pytest.mark.parametrize("request_", [CARD, AT_PICKUP])
async def test_the_order_takes_over_the_carts_units_though_nothing_else_is_left(db: Database, request_: Any) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 5})
    cart_id, other = [await ready_cart(db, shop, {"A": 2}, "shibuya") for _ in range(2)]
    await reserve(db, cart_id)
    await take_the_rest(db, shop, "A", "shibuya", 3)
    assert await problems_of(db, cart_id) == []
    with pytest.raises(Refusals):
        await check_out(db, other, request_)
    order_id = await check_out(db, cart_id, request_)
    assert await reserved(db, cart_id) == []
    state = "R" if request_ is CARD else "A"
    assert await holds_of(db, order_id) == [(1, shop.places["shibuya"], 2, state)]
    assert [kind for kind, *_ in await movements(db)][-2:] == [
        "RESERVATION_CONVERTED",
        "RESERVED" if request_ is CARD else "ALLOCATED",
    ]
    assert await check_out(db, cart_id, request_) == order_id


async def test_a_card_payment_brings_it_to_its_end(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 2})
    cart_id = await ready_cart(db, shop, {"A": 2})
    await reserve(db, cart_id)
    order_id = await pay_by_card(db, cart_id)
    assert (await order_row(db, order_id))["status"] == "PLACED"
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (2, 0, 2, 0)}


async def test_more_than_is_reserved_comes_from_what_is_free_and_less_gives_back(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("B", "warehouse"): 4})
    cart_id = await ready_cart(db, shop, {"A": 2, "B": 3})
    await reserve(db, cart_id)
    async with db.write() as tx:
        await add_lines(tx, cart_id, [WantedLine(2, sku="SKU-A")], now=NOW)
    order_id = await check_out(db, cart_id, CARD)
    place = shop.places["warehouse"]
    assert await holds_of(db, order_id) == [(1, place, 4, "R"), (2, place, 3, "R")]
    assert await counters(db) == {
        (shop.variants["A"], place): (5, 4, 0, 0),
        (shop.variants["B"], place): (4, 3, 0, 0),
    }


async def test_too_much_is_refused_with_what_the_cart_could_have_and_keeps_its_units(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 3})
    await reserve(db, cart_id)
    await take_the_rest(db, shop, "A", "warehouse", 1)
    async with db.write() as tx:
        await add_lines(tx, cart_id, [WantedLine(2, sku="SKU-A")], now=NOW)
    assert await problems_of(db, cart_id) == [("INSUFFICIENT_STOCK", 4)]
    with pytest.raises(Refusals) as caught:
        await check_out(db, cart_id, CARD)
    assert caught.value.refusals[0].facts["available"] == 4
    assert await reserved(db, cart_id) == [(1, "SKU-A", shop.places["warehouse"], 3)]


async def test_a_new_way_to_the_buyer_is_served_from_where_it_can_be(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 1, ("A", "osaka"): 1, ("B", "shibuya"): 1, ("B", "osaka"): 1})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 1, shop.variants["B"]: 1})
    cart_id = await ready_cart(db, shop, {"C": 1}, "shibuya")
    await reserve(db, cart_id)
    async with db.write() as tx:
        await deliver(tx, cart_id, shop, ["C"], "osaka")
    order_id = await check_out(db, cart_id, AT_PICKUP)
    assert await holds_of(db, order_id) == [(1, shop.places["osaka"], 1, "A")] * 2
    assert (await counters(db))[shop.variants["A"], shop.places["shibuya"]] == (1, 0, 0, 0)


async def test_what_a_cart_has_reserved_is_its_own_when_a_share_is_set_later(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 3})
    await reserve(db, cart_id)
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(percent=100))
    assert await problems_of(db, cart_id) == []
    await check_out(db, cart_id, CARD)


async def test_a_declined_card_puts_the_units_on_sale_and_the_cart_may_reserve_anew(
    db: Database, execute: Execute
) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    cart_id = await ready_cart(db, shop, {"A": 2}, "osaka")
    await reserve(db, cart_id)
    assert codes(await complete(execute, cart_id, token="tok_declined")) == ["PAYMENT_DECLINED"]
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (2, 0, 0, 0)}
    assert await reserved(db, cart_id) == []
    await reserve(db, cart_id)
    assert codes(await complete(execute, cart_id, "k-2")) == []
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (2, 0, 2, 0)}


async def test_those_who_have_reserved_buy_and_the_others_share_what_is_left(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 12})
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(30)]
    mine = [cart_id for number, cart_id in enumerate(carts) if number % 3 == 2][:8]
    await reserve(db, *mine)
    payloads = await asyncio.gather(*(complete(execute, cart_id) for cart_id in carts))
    bought = {cart_id for cart_id, payload in zip(carts, payloads, strict=True) if not codes(payload)}
    assert bought >= set(mine)
    assert len(bought) == 12
    assert [cart_id for cart_id in carts if cart_id in bought and cart_id not in mine] == [
        cart_id for cart_id in carts if cart_id not in mine
    ][:4]
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (12, 0, 12, 0)}


@pytest.mark.parametrize("attempt", range(4))
async def test_c13_checkout_and_expiry_at_the_same_instant_never_both_win(db: Database, attempt: int) -> None:
    """More takers than units: reserved carts, sweepers at their very end, strangers, and all of them at once."""
    shop = await make_shop(db, {("A", "warehouse"): 4, ("A", "shibuya"): 4})
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(8)]
    await reserve(db, *carts, ttl_s=60)
    end = NOW + timedelta(seconds=60)
    strangers = [await ready_cart(db, shop, {"A": 1}) for _ in range(6)]

    async def buy(cart_id: UUID) -> bool:
        for _ in range(attempt):
            await asyncio.sleep(0)
        checkouts = [Checkout(cart_id, CARD, end)]
        [answer] = await db.in_write(lambda tx: place_orders(tx, checkouts, actor="shopper", now=end))
        return isinstance(answer, PlacedOrder)

    async def sweep() -> int:
        return len(await db.in_write(lambda tx: expire_reservations(tx, now=end, limit=3)))

    asked = [*(buy(cart_id) for cart_id in carts), *(sweep() for _ in range(3)), *(buy(one) for one in strangers)]
    results = await asyncio.gather(*asked)
    own, swept, sold = results[:8], sum(results[8:11]), sum(results[:8]) + sum(results[11:])
    async with db.read() as tx:
        row = await tx.fetchrow(ENDS)
    assert row is not None
    converted, expired = row["converted"], row["expired"]
    left = sum([bool(await reserved(db, cart_id)) for cart_id in carts])
    assert converted + expired + left == 8
    assert expired == swept == len(await facts(db, "reservation_expired"))
    assert sum(own) >= converted
    assert sold <= 8 - left
    levels = await counters(db)
    assert sum(level[1] for level in levels.values()) == sold + left
    assert await row_counts(db, "orders") == {"orders": sold}


async def test_a_checkout_that_finds_its_units_swept_asks_like_anybody(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    first, second = [await ready_cart(db, shop, {"A": 1}) for _ in range(2)]
    await reserve(db, first)
    await expire_holds(db)
    await check_out(db, second, CARD)
    with pytest.raises(Refusals):
        await check_out(db, first, CARD)


async def test_the_units_are_swept_between_the_look_and_the_lock(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id, other = [await ready_cart(db, shop, {"A": 1}) for _ in range(2)]
    await reserve(db, cart_id)
    from app.checkout.actions import place_orders as module  # noqa: PLC0415

    async def swept_before(tx: Any, requests: Any, *, actor: str) -> Any:
        monkeypatch.setattr(module, "hold_stock", hold_stock)
        assert len(await expire_holds(db)) == 1
        await check_out(db, other, CARD)
        return await hold_stock(tx, requests, actor=actor)

    monkeypatch.setattr(module, "hold_stock", swept_before)
    with pytest.raises(Refusals) as caught:
        await check_out(db, cart_id, CARD)
    assert caught.value.refusals[0].facts["available"] == 0
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (1, 1, 0, 0)}


async def test_the_number_of_statements_does_not_grow_with_reserved_carts(db: Database, count_statements: Any) -> None:
    shop = await make_shop(db, {(letter, "warehouse"): 500 for letter in "ABC"})
    totals: dict[int, int] = {}
    for count in (2, 7, 30):
        carts = [await ready_cart(db, shop, {"A": 1, "BC"[number % 2]: 2}) for number in range(count)]
        await reserve(db, *carts[::2])
        with count_statements() as counted:
            checkouts = [Checkout(cart_id, CARD, NOW) for cart_id in carts]
            answers = await db.in_write(
                lambda tx, checkouts=checkouts: place_orders(tx, checkouts, actor="shopper", now=NOW)
            )
        assert not any(isinstance(answer, DomainError) for answer in answers)
        totals[count] = counted.total
    assert len(set(totals.values())) == 1
    assert totals[2] == 23


async def test_reserved_carts_and_restocks_in_one_rush_lose_no_unit(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(12)]

    async def try_hard(cart_id: UUID) -> bool:
        try:
            await reserve(db, cart_id)
        except Refusals:
            return False
        return codes(await complete(execute, cart_id)) == []

    async def restock() -> None:
        async with db.write() as tx:
            await put_stock(tx, shop.variants["A"], shop.places["warehouse"], 2)

    *bought, _, _ = await asyncio.gather(*(try_hard(cart_id) for cart_id in carts), restock(), restock())
    assert 3 <= sum(bought) <= 7
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (7, 0, sum(bought), 0)}
