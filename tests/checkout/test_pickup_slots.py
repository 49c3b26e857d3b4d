"""An order that is collected in a slot exists only with its place in it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.capacity.actions.release_slots import release_slots
from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.model import PlacedOrder
from app.fulfillment.actions.cancel_order import cancel_order
from app.kit.db import Database
from app.kit.errors import Refusals
from app.payments.model import AuthorizationResult
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, book, booked, counters, save, told, wish
from tests.checkout.builders import AT_PICKUP, CARD, TRACES, ready_cart
from tests.checkout.slots import choose, codes, place, slot_cart, slot_shop
from tests.checkout.test_checkout_complete import complete_input
from tests.conftest import NOW, Execute
from tests.inventory.selling import sell_ahead
from tests.orders.builders import row_counts

# Goods from the warehouse, ordered on Sunday, are at the store on Wednesday.
WEDNESDAY = TEN + timedelta(days=2)
COMPLETE = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { status deliveries { slot { begins ends } } } cart { status }
  userErrors { code path
    ... on SlotFullError { begins slots { begins ends left location { code } } }
    ... on SlotNotOfferedError { slotReason sku slots { begins } }
    ... on SlotMissingError { sku slots { begins } } } } }"""


async def test_the_slot_is_booked_with_the_order(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db)
    cart_id = await slot_cart(db, shop, {"A": 1})
    given = complete_input(cart_id)
    payload = (await execute(COMPLETE, given))["checkoutComplete"]
    slot = {"begins": "2026-11-23T01:00:00+00:00", "ends": "2026-11-23T03:00:00+00:00"}
    assert payload == {
        "order": {"status": "PLACED", "deliveries": [{"slot": slot}]},
        "cart": {"status": "COMPLETED"},
        "userErrors": [],
    }
    assert await counters(db) == [(TEN, 1, 1, 1)]
    assert (await execute(COMPLETE, given))["checkoutComplete"] == payload
    assert await counters(db) == [(TEN, 1, 1, 1)]


async def test_who_is_too_late_hears_of_other_slots(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db)
    late = await slot_cart(db, shop, {"A": 1})
    # Both carts look at the same moment; one is first.
    first = await slot_cart(db, shop, {"A": 1})
    [placed] = await place(db, first)
    assert isinstance(placed, PlacedOrder)
    before = await row_counts(db, *TRACES, "pickup_slot_bookings")
    payload = (await execute(COMPLETE, complete_input(late)))["checkoutComplete"]
    assert payload["order"] is None
    assert payload["userErrors"] == [
        {
            "code": "SLOT_FULL",
            "path": ["input", "cartId"],
            "begins": "2026-11-23T01:00:00+00:00",
            "slots": [
                {"begins": begins, "ends": ends, "left": 1, "location": {"code": "shibuya"}}
                for begins, ends in (
                    ("2026-11-23T03:00:00+00:00", "2026-11-23T05:00:00+00:00"),
                    ("2026-11-24T01:00:00+00:00", "2026-11-24T03:00:00+00:00"),
                    ("2026-11-24T03:00:00+00:00", "2026-11-24T05:00:00+00:00"),
                )
            ],
        }
    ]
    assert await row_counts(db, *TRACES, "pickup_slot_bookings") == before


async def test_thirty_checkouts_for_three_places(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db, 3)
    carts = [await slot_cart(db, shop, {"A": 1}) for _ in range(30)]
    answers = await asyncio.gather(
        *(execute(COMPLETE, complete_input(cart_id)) for cart_id in carts[:20]),
        *(place(db, *carts[start : start + 5]) for start in (20, 25)),
    )
    found = Counter[str | None]()
    for answer in answers:
        if isinstance(answer, dict):
            found.update([next((one["code"] for one in answer["checkoutComplete"]["userErrors"]), None)])
        else:
            found.update(codes(answer))
    assert found == {None: 3, "SLOT_FULL": 27}
    assert await counters(db) == [(TEN, 3, 3, 3)]
    assert await row_counts(db, "orders") == {"orders": 3}


async def test_what_a_cart_shows_of_its_slot(db: Database) -> None:
    shop = await slot_shop(db, 1)
    full, missing = await slot_cart(db, shop, {"A": 1}), await slot_cart(db, shop, {"A": 1, "B": 1}, None)
    away, closed = await slot_cart(db, shop, {"A": 1, "B": 1}, TWELVE), await slot_cart(db, shop, {"A": 1}, TUESDAY)
    bare = await ready_cart(db, shop, {"A": 1}, "osaka")
    await place(db, await slot_cart(db, shop, {"A": 1}))
    async with db.write() as tx:
        await save(tx, shop.places["shibuya"], 1, days={TUESDAY.date(): ()})
    answers = await place(db, full, missing, away, closed, bare)
    refusals = [one.refusals if isinstance(one, Refusals) else [] for one in answers]
    next_day = WEDNESDAY
    assert [[told(one) for one in some] for some in refusals[:4]] == [
        [("SLOT_FULL", None, [TWELVE, next_day, next_day + 2 * HOUR])],
        [("SLOT_MISSING", None, [next_day, next_day + 2 * HOUR, next_day + 24 * HOUR])],
        [("SLOT_NOT_OFFERED", "GOODS_NOT_READY", [next_day, next_day + 2 * HOUR, next_day + 24 * HOUR])],
        [("SLOT_NOT_OFFERED", "STORE_CLOSED", [TWELVE, next_day, next_day + 2 * HOUR])],
    ]
    assert [[one.facts["sku"] for one in some] for some in refusals[:4]] == [["SKU-A"], ["SKU-A"], ["SKU-B"], ["SKU-A"]]
    # Osaka hands over at all times; it has no A, which comes from Shibuya.
    assert isinstance(answers[4], PlacedOrder)


async def test_a_slot_that_begins_soon_is_for_goods_at_the_store(db: Database) -> None:
    shop = await slot_shop(db, 9, {("B", "shibuya"): 2, ("B", "warehouse"): 50})
    carts = [await slot_cart(db, shop, {"B": 2}) for _ in range(2)] + [await slot_cart(db, shop, {"B": 2}, WEDNESDAY)]
    # The second one finds nothing left there; nothing is sent for it that comes too late.
    assert codes(await place(db, *carts)) == [None, "INSUFFICIENT_STOCK", None]
    assert await row_counts(db, "transfers") == {"transfers": 1}
    assert [units for *_, units, _ in await counters(db)] == [1, 1]


async def test_a_store_may_leave_the_slot_to_the_buyer(db: Database) -> None:
    shop = await slot_shop(db, 1, is_required=False)
    carts = [await slot_cart(db, shop, {"A": 1}, None), await slot_cart(db, shop, {"A": 1})]
    assert codes(await place(db, *carts)) == [None, None]
    assert len(await booked(db)) == 1


async def test_a_store_that_has_no_slots_any_more(db: Database) -> None:
    shop = await slot_shop(db)
    carts = [await slot_cart(db, shop, {"A": 1}), await slot_cart(db, shop, {"A": 1}, None)]
    async with db.write() as tx:
        await save(tx, shop.places["shibuya"], week={"mon": []})
    refused, placed = await place(db, *carts)
    assert isinstance(refused, Refusals)
    assert told(refused.refusals[0]) == ("SLOT_NOT_OFFERED", "NO_SLOTS_HERE", [])
    assert isinstance(placed, PlacedOrder)


async def test_the_lead_ends_while_the_buyer_thinks(db: Database) -> None:
    shop = await slot_shop(db)
    cart_id = await slot_cart(db, shop, {"A": 1})
    [refused] = await place(db, cart_id, now=TEN - HOUR + timedelta(seconds=1))
    assert isinstance(refused, Refusals)
    assert told(refused.refusals[0])[:2] == ("SLOT_NOT_OFFERED", "TOO_LATE")
    assert codes(await place(db, cart_id, now=TEN - HOUR)) == [None]


async def test_lines_of_a_cart_may_go_into_several_slots(db: Database) -> None:
    shop = await slot_shop(db, 1)
    cart_id = await slot_cart(db, shop, {"A": 1, "B": 1}, WEDNESDAY)
    async with db.write() as tx:
        await choose(tx, cart_id, shop, TEN, only="A")
    assert codes(await place(db, cart_id)) == [None]
    assert sorted((await booked(db)).values()) == [TEN, WEDNESDAY]


@pytest.mark.parametrize("way", ["declined", "too late", "canceled"])
async def test_an_order_that_ends_gives_its_slot_back(db: Database, way: str) -> None:
    shop = await slot_shop(db)
    cart_id = await slot_cart(db, shop, {"A": 1})
    [placed] = await place(db, cart_id, request=AT_PICKUP if way == "canceled" else CARD)
    assert isinstance(placed, PlacedOrder)
    assert await book(db, wish(shop.places["shibuya"])) == ["FULL"]
    async with db.write() as tx:
        if way == "canceled":
            await cancel_order(tx, placed.order_id, reason="TEST", actor="staff", now=NOW)
        else:
            no = AuthorizationResult(failure="no") if way == "declined" else None
            await cancel_unpaid(tx, placed.order_id, declined=no, actor="system", now=NOW)
    assert await booked(db) == {}
    rival = wish(shop.places["shibuya"])
    assert await book(db, rival) == [None]
    if way != "canceled":
        # The cart is open again, with its slot, which somebody else has now.
        assert codes(await place(db, cart_id)) == ["SLOT_FULL"]
        await db.in_write(lambda tx: release_slots(tx, [rival.order_id]))
        assert codes(await place(db, cart_id)) == [None]


async def test_the_number_of_statements_does_not_grow(db: Database, count_statements: Callable[[], Any]) -> None:
    shop = await slot_shop(db, 100)
    totals: list[int] = []
    for count in (1, 8):
        carts = [await slot_cart(db, shop, {"A": 1}, TEN if number % 2 else TWELVE) for number in range(count)]
        with count_statements() as counted:
            assert codes(await place(db, *carts)) == [None] * count
        totals.append(counted.total)
    plain = [await ready_cart(db, shop, {"A": 1}, "home") for _ in range(8)]
    with count_statements() as counted:
        assert codes(await place(db, *plain, request=CARD)) == [None] * 8
    assert totals[0] == totals[1]


async def test_what_waits_for_its_arrival_needs_no_slot_and_gets_one_when_it_is_there(db: Database) -> None:
    shop = await slot_shop(db, 1, {("B", "shibuya"): 9})
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 9)
    # A is sold ahead: it comes on a day of its own, so only B needs the slot.
    bare = await slot_cart(db, shop, {"A": 1}, None)
    both = await slot_cart(db, shop, {"A": 1, "B": 1})
    short = await slot_cart(db, shop, {"A": 10}, None)
    refused, alone, together = await place(db, short, bare, both, request=CARD)
    assert isinstance(refused, Refusals)
    assert [one.code for one in refused.refusals] == ["INSUFFICIENT_STOCK", "SLOT_MISSING"]
    assert isinstance(alone, PlacedOrder)
    assert isinstance(together, PlacedOrder)
    async with db.read() as tx:
        lines = {
            row["variant_id"]: row["delivery_id"]
            for row in await tx.connection.fetch(
                "SELECT variant_id, delivery_id FROM order_lines WHERE order_id = $1", together.order_id
            )
        }
    assert await booked(db) == {lines[shop.variants["B"]]: TEN}
    assert await counters(db) == [(TEN, 1, 1, 1)]
