"""Units that were sold ahead come, and go to those who waited longest."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

from app.checkout.actions.serve_backorders import serve_backorders
from app.checkout.jobs import serve_all_backorders
from app.fulfillment.actions.cancel_order import cancel_order
from app.inventory.actions.correct_stock import correct_stock
from app.inventory.model.corrections import Correction
from app.inventory.model.selling import SellingPolicy
from app.kit.db import Database
from app.kit.statement import Statement
from tests.checkout.builders import (
    AT_PICKUP,
    CARD,
    check_out,
    deliver,
    expire_holds,
    holds_of,
    make_cart,
    make_shop,
    ready_cart,
    transfers_of,
)
from tests.checkout.selling import pay_by_card, problems_of, receive, ship_everything
from tests.conftest import NOW
from tests.fulfillment.views import fulfillments_of, history_of, order_states
from tests.inventory.builders import because, counters, put_stock
from tests.inventory.selling import SOON, queue, sell_ahead, waiting
from tests.pump import pump


async def test_a_backordered_line_waits_and_is_served_when_units_come_oldest_first(db: Database) -> None:
    shop = await make_shop(db, {("B", "warehouse"): 9})
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 9)
    first = await pay_by_card(db, await ready_cart(db, shop, {"A": 3, "B": 1}))
    second = await pay_by_card(db, await ready_cart(db, shop, {"A": 1}))
    assert [(owner, units, state) for owner, _, units, state in await queue(db)] == [(first, 3, "A"), (second, 1, "A")]
    place = shop.places["warehouse"]
    assert await holds_of(db, first) == [(2, place, 1, "A")]
    await ship_everything(db, first)
    assert await order_states(db, first) == ("PLACED", "AUTHORIZED", "PARTIALLY_FULFILLED")
    # Two units are too few for the oldest, and nobody overtakes it, neither in the queue nor in the shop.
    await receive(db, shop, "A", "warehouse", 2)
    assert len(await queue(db)) == 2
    assert await problems_of(db, await ready_cart(db, shop, {"A": 6})) == [("INSUFFICIENT_STOCK", 5)]
    await receive(db, shop, "A", "warehouse", 1)
    assert await holds_of(db, first) == [(1, place, 3, "A")]
    assert await waiting(db) == {shop.variants["A"]: (1, 9)}
    assert "BACKORDER_ALLOCATED" in await history_of(db, first)
    assert [(row.status, row.kind) for row in await fulfillments_of(db, first)] == [
        ("SHIPPED", "SHIP"),
        ("OPEN", "SHIP"),
    ]
    await ship_everything(db, first)
    assert await order_states(db, first) == ("COMPLETED", "CAPTURED", "FULFILLED")
    await receive(db, shop, "A", "osaka", 5)
    assert await queue(db) == []
    assert await counters(db) == {
        (shop.variants["A"], place): (0, 0, 0, 0),
        (shop.variants["A"], shop.places["osaka"]): (5, 0, 1, 0),
        (shop.variants["B"], place): (8, 0, 0, 0),
    }


async def test_units_that_come_by_a_count_and_by_a_canceled_order_serve_the_queue_too(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    keeper = await pay_by_card(db, await ready_cart(db, shop, {"A": 1}))
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 9)
    waits = [await pay_by_card(db, await ready_cart(db, shop, {"A": 1})) for _ in range(2)]
    await db.in_write(lambda tx: cancel_order(tx, keeper, reason="no", actor="shopper", now=NOW))
    await pump(db, now=NOW)
    assert [owner for owner, *_ in await queue(db)] == waits[1:]
    async with db.write() as tx:
        found = Correction(shop.variants["A"], shop.places["warehouse"], delta=1)
        await correct_stock(tx, [found], cause=because("FOUND"))
    await pump(db, now=NOW)
    assert await queue(db) == []


async def test_a_line_for_a_store_is_sent_there_when_its_units_come(db: Database) -> None:
    """Complaint C-21: pickup is wrong for backordered items."""
    shop = await make_shop(db)
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 9)
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "shibuya"), AT_PICKUP)
    await pump(db, now=NOW)
    assert (await holds_of(db, order_id), await fulfillments_of(db, order_id)) == ([], [])
    await receive(db, shop, "A", "warehouse", 2)
    source, store = shop.places["warehouse"], shop.places["shibuya"]
    assert await transfers_of(db, order_id) == [(source, store, [(1, shop.variants["A"], 2)])]
    assert [(row.kind, row.location_id) for row in await fulfillments_of(db, order_id)] == [("PICKUP", store)]


async def test_a_preorder_waits_for_its_release_even_when_its_units_lie_there(db: Database) -> None:
    shop = await make_shop(db)
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 2, SellingPolicy.PREORDER, SOON)
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2}))
    await receive(db, shop, "A", "warehouse", 5)
    assert [owner for owner, *_ in await queue(db)] == [order_id]
    assert await problems_of(db, await ready_cart(db, shop, {"A": 1})) == [("INSUFFICIENT_STOCK", 0)]
    await serve_all_backorders(db, now=NOW + (SOON - date(2026, 11, 22)) - timedelta(days=1))
    assert len(await queue(db)) == 1
    await serve_all_backorders(db, now=NOW + (SOON - date(2026, 11, 22)))
    assert await queue(db) == []
    assert await holds_of(db, order_id) == [(1, shop.places["warehouse"], 2, "A")]


async def test_a_waiting_order_that_is_not_paid_in_time_gives_its_place_back(db: Database) -> None:
    """Complaint C-10: an expired payment that is rolled back twice gives units back twice."""
    shop = await make_shop(db)
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 2)
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}), CARD)
    assert await waiting(db) == {shop.variants["A"]: (2, 2)}
    # Units that come now are not for it before it has paid, and for nobody else either.
    await receive(db, shop, "A", "warehouse", 2)
    assert [state for *_, state in await queue(db)] == ["R"]
    assert await expire_holds(db) == [order_id]
    assert await expire_holds(db) == []
    await pump(db, now=NOW)
    assert await waiting(db) == {shop.variants["A"]: (0, 2)}
    assert (await order_states(db, order_id))[0] == "CANCELED"


async def test_arrivals_and_cancels_at_once_neither_lose_nor_double_a_unit(db: Database) -> None:
    shop = await make_shop(db)
    variant, place = shop.variants["A"], shop.places["warehouse"]
    async with db.write() as tx:
        await sell_ahead(tx, variant, 20)
    orders = [await check_out(db, await ready_cart(db, shop, {"A": 1}, "shibuya")) for _ in range(12)]
    await pump(db, now=NOW)

    async def arrive() -> None:
        async with db.write() as tx:
            await put_stock(tx, variant, place, 1)
        await db.in_write(lambda tx: serve_backorders(tx, variant, now=NOW))

    async def give_up(order_id: UUID) -> None:
        await db.in_write(lambda tx: cancel_order(tx, order_id, reason="no", actor="shopper", now=NOW))

    await asyncio.gather(*(arrive() for _ in range(8)), *(give_up(order_id) for order_id in orders[::3]))
    await pump(db, now=NOW)
    left = [order_id for number, order_id in enumerate(orders) if number % 3]
    assert await queue(db) == []
    assert await counters(db) == {(variant, place): (8, 0, 8, 0)}
    assert [await holds_of(db, order_id) for order_id in left] == [[(1, place, 1, "A")]] * 8


async def test_two_lines_for_one_cart_go_their_own_ways(db: Database) -> None:
    shop = await make_shop(db, {("B", "shibuya"): 1})
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 5)
        cart_id = await make_cart(tx, shop, {"A": 1, "B": 1})
        await deliver(tx, cart_id, shop, ["A", "B"], "shibuya")
    order_id = await check_out(db, cart_id, AT_PICKUP)
    async with db.read() as tx:
        rows = await tx.fetch(Statement("SELECT line_no, delivery_id FROM order_lines ORDER BY line_no"))
        deliveries = await tx.fetch(Statement("SELECT mode, location_id FROM order_deliveries"))
    assert len({row.delivery_id for row in rows}) == 2
    assert [tuple(row) for row in deliveries] == [("STORE_PICKUP", shop.places["shibuya"])] * 2
    await receive(db, shop, "A", "shibuya", 1)
    assert len(await fulfillments_of(db, order_id)) == 2
