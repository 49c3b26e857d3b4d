"""Other places keep promises to orders that are collected: their units travel."""

from typing import Any

from app.kit.db import Database
from app.kit.ids import global_id
from tests.checkout.builders import AT_PICKUP, check_out, make_shop, ready_cart, transfers_of
from tests.checkout.moving import history, lose, stock
from tests.checkout.selling import pay_by_card
from tests.conftest import NOW
from tests.fulfillment.views import lines_of, make_ready, order_states, pickup_of, work_of
from tests.inventory.shop import STAFF
from tests.pump import pump


async def test_a_pickup_is_sent_for_from_elsewhere(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 2, ("A", "warehouse"): 5})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "shibuya"), AT_PICKUP)
    await pump(db, now=NOW)
    assert (await pickup_of(db, order_id)).status == "PREPARING"
    await lose(db, shop, "shibuya", A=1)
    shibuya, warehouse = shop.places["shibuya"], shop.places["warehouse"]
    assert await transfers_of(db, order_id) == [(warehouse, shibuya, [(1, shop.variants["A"], 1)])]
    move = {"line": 1, "quantity": 1, "from": str(shibuya), "to": str(warehouse)}
    assert await history(db, order_id, "RESOURCED") == [{"moves": [move]}]
    await pump(db, now=NOW)
    assert (await pickup_of(db, order_id)).status == "REQUESTED"
    assert await lines_of(db, order_id) == [(1, 2)]
    assert sorted(await work_of(db)) == [
        ("PREPARE_PICKUP", shibuya, "WAITING"),
        ("RECEIVE", shibuya, "WAITING"),
        ("TRANSFER", warehouse, "OPEN"),
    ]


async def test_a_transfer_that_has_not_left_comes_from_elsewhere(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3, ("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 3}, "shibuya"), AT_PICKUP)
    await pump(db, now=NOW)
    await lose(db, shop, A=0)
    shibuya, warehouse, osaka = (shop.places[name] for name in ("shibuya", "warehouse", "osaka"))
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT t.from_location_id, t.status, l.quantity, l.withdrawn_quantity FROM transfers t"
            " JOIN transfer_lines l ON l.transfer_id = t.id ORDER BY t.id"
        )
    assert [tuple(row) for row in rows] == [(warehouse, "CANCELED", 3, 3), (osaka, "READY_TO_SHIP", 2, 0)]
    await pump(db, now=NOW)
    assert await lines_of(db, order_id) == [(1, 2)]
    work = [(kind, place) for kind, place, status in await work_of(db) if status != "CANCELED"]
    assert sorted(work) == [("PREPARE_PICKUP", shibuya), ("RECEIVE", shibuya), ("TRANSFER", osaka)]


async def test_what_waits_at_a_counter_is_not_sent_for_again(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 1, ("A", "warehouse"): 5})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 1}, "shibuya"), AT_PICKUP)
    await pump(db, now=NOW)
    await make_ready(db, order_id)
    done = await lose(db, shop, "shibuya", A=0)
    assert [(one.quantity, one.moved_to) for one in done.broken] == [(1, None)]
    await pump(db, now=NOW)
    assert (await order_states(db, order_id))[0] == "CANCELED"


SET = """mutation ($input: StockSetInput!) {
  stockSet(input: $input) {
    replayed stockLevel { onHand allocated } userErrors { code }
    brokenPromises { ownerKind lineNo quantity wasReserved location { code } movedTo { code } order { number } } } }"""


async def test_the_answer_says_what_moved_and_what_ended_each_time_it_is_asked(db: Database, execute: Any) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 4, ("A", "osaka"): 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 4}))
    values = {
        "sku": "SKU-A",
        "locationId": global_id("Location", shop.places["warehouse"]),
        "quantity": 2,
        "reason": "LOSS",
        "idempotencyKey": "once",
    }
    kept = (await execute(SET, {"input": values}, actor=STAFF))["stockSet"]
    assert kept["userErrors"] == [{"code": "INSUFFICIENT_STOCK"}]
    values |= {"promises": "RESOURCE_YOUNGEST", "idempotencyKey": "twice"}
    answers = [(await execute(SET, {"input": values}, actor=STAFF))["stockSet"] for _ in range(2)]
    assert [answer.pop("replayed") for answer in answers] == [False, True]
    async with db.read() as tx:
        number = await tx.connection.fetchval("SELECT number FROM orders WHERE id = $1", order_id)
    lost = {"ownerKind": "ORDER", "lineNo": 1, "quantity": 1, "wasReserved": False, "location": {"code": "warehouse"}}
    expected = {
        "stockLevel": {"onHand": 2, "allocated": 2},
        "userErrors": [],
        "brokenPromises": [
            {**lost, "movedTo": {"code": "osaka"}, "order": {"number": number}},
            {**lost, "movedTo": None, "order": {"number": number}},
        ],
    }
    assert answers == [expected, expected]
    await pump(db, now=NOW)
    assert await stock(db, shop) == {"warehouse": (2, 0, 2), "osaka": (1, 0, 1)}
