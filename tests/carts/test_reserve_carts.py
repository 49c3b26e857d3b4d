"""Carts are reserved: all lines or none, first come first served, whatever way they are handed over."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.carts.actions.add_lines import add_lines
from app.carts.actions.complete_carts import complete_carts
from app.carts.actions.release_cart_reservation import release_cart_reservation
from app.carts.actions.reserve_carts import CartHold, reserve_carts
from app.carts.errors import CartCompleted, CartEmpty, CartExpired, NotSold, ReservedTooOften
from app.carts.model import WantedLine
from app.carts.model.reserving import count_reservation
from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.errors import InsufficientStock
from app.inventory.model.selling import Share
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, NotFound, Refusals
from app.kit.ids import global_id, new_id
from app.kit.statement import Statement
from tests.carts.builders import line_ids
from tests.carts.reserving import ends, reserve, reserved
from tests.catalog.builders import put_price
from tests.checkout.builders import deliver, expire_holds, make_cart, make_shop, ready_cart
from tests.checkout.selling import problems_of
from tests.conftest import NOW
from tests.inventory.builders import counters, movements
from tests.inventory.selling import bundle, queue, sell_ahead

MINUTE = timedelta(minutes=1)


async def test_each_line_is_reserved_where_its_way_to_the_buyer_can_be_served(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 2, ("A", "warehouse"): 5, ("B", "osaka"): 3, ("C", "osaka"): 1})
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 2, "B": 1, "C": 1})
        await deliver(tx, cart_id, shop, ["A"], "shibuya")
        await deliver(tx, cart_id, shop, ["C"], "osaka")
    await reserve(db, cart_id)
    places = shop.places
    assert await reserved(db, cart_id) == [
        (1, "SKU-A", places["shibuya"], 2),
        (2, "SKU-B", places["osaka"], 1),
        (3, "SKU-C", places["osaka"], 1),
    ]
    assert await ends(db, cart_id) == {(NOW + 15 * MINUTE, NOW + 30 * MINUTE, None)}
    assert {kind for kind, *_ in (await movements(db))[4:]} == {"RESERVED"}


async def test_the_last_units_are_one_carts_and_no_others(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 2, ("B", "warehouse"): 9})
    first, second = [await ready_cart(db, shop, {"B": 1, "A": 2}) for _ in range(2)]
    await reserve(db, first)
    before = await counters(db)
    with pytest.raises(Refusals) as caught:
        await reserve(db, second)
    [refusal] = caught.value.refusals
    assert isinstance(refusal, InsufficientStock)
    lines = await line_ids(db, second)
    assert refusal.facts == {
        "requested": 2,
        "available": 0,
        "variant_id": shop.variants["A"],
        "sku": "SKU-A",
        "line_id": global_id("CartLine", lines["SKU-A"]),
    }
    assert await reserved(db, second) == []
    assert await counters(db) == before
    assert await problems_of(db, first) == []
    assert await problems_of(db, second) == [("INSUFFICIENT_STOCK", 0)]


@pytest.mark.parametrize(("units", "carts"), [(1, 12), (7, 20), (20, 7)])
async def test_more_carts_than_units(db: Database, units: int, carts: int) -> None:
    shop = await make_shop(db, {("A", "warehouse"): units})
    asked = [await ready_cart(db, shop, {"A": 1}) for _ in range(carts)]
    answers = await asyncio.gather(*(reserve(db, cart_id) for cart_id in asked), return_exceptions=True)
    assert sum(answer is None for answer in answers) == min(units, carts)
    place = (shop.variants["A"], shop.places["warehouse"])
    assert await counters(db) == {place: (units, min(units, carts), 0, 0)}


async def test_sent_again_it_reserves_what_is_missing_and_keeps_the_end(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3, ("B", "warehouse"): 3})
    cart_id = await ready_cart(db, shop, {"A": 2})
    await reserve(db, cart_id, ttl_s=60)
    before = await movements(db)
    await reserve(db, cart_id, now=NOW + timedelta(seconds=30))
    assert await movements(db) == before
    async with db.write() as tx:
        await add_lines(tx, cart_id, [WantedLine(1, sku="SKU-A"), WantedLine(2, sku="SKU-B")], now=NOW)
    assert [units for *_, units in await reserved(db, cart_id)] == [2]
    await reserve(db, cart_id, now=NOW + timedelta(seconds=40), ttl_s=1800)
    assert [(line, units) for line, _, _, units in await reserved(db, cart_id)] == [(1, 3), (2, 2)]
    assert await ends(db, cart_id) == {(NOW + MINUTE, NOW + 30 * MINUTE, None)}
    async with db.write() as tx:
        await add_lines(tx, cart_id, [WantedLine(2, sku="SKU-B")], now=NOW)
    with pytest.raises(Refusals):
        await reserve(db, cart_id)
    assert [(line, units) for line, _, _, units in await reserved(db, cart_id)] == [(1, 3), (2, 2)]


async def test_once_it_has_ended_it_begins_anew_under_another_id(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    await reserve(db, cart_id)
    [before] = await expire_holds(db)
    assert await reserved(db, cart_id) == []
    later = NOW + 16 * MINUTE
    await reserve(db, cart_id, now=later)
    assert await ends(db, cart_id) == {(later + 15 * MINUTE, later + 30 * MINUTE, None)}
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT owner_id FROM holds")) != before


async def test_before_it_is_swept_it_is_still_the_carts(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1})
    cart_id = await ready_cart(db, shop, {"A": 1})
    await reserve(db, cart_id)
    later = NOW + 16 * MINUTE
    await reserve(db, cart_id, now=later)
    assert await ends(db, cart_id) == {(later + 15 * MINUTE, later + 30 * MINUTE, None)}
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (1, 1, 0, 0)}


async def test_what_cannot_be_reserved_says_why(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9})
    good, completed, hidden = [await ready_cart(db, shop, {letter: 1}) for letter in "AAB"]
    async with db.write() as tx:
        empty = await make_cart(tx, shop, {})
        await complete_carts(tx, [completed], now=NOW)
        await put_price(tx, shop.variants["B"], shop.channel_id, 540, is_published=False)
    asked = [
        CartHold(cart_id, now, "shopper", ttl_s)
        for cart_id, now, ttl_s in (
            (new_id(), NOW, None),
            (good, NOW + timedelta(days=30), None),
            (completed, NOW, None),
            (empty, NOW, None),
            (hidden, NOW, None),
            (good, NOW, 1801),
            (good, NOW, 0),
            (good, NOW, 1800),
            (good, NOW, None),
        )
    ]
    answers = await db.in_write(lambda tx: reserve_carts(tx, asked, now=NOW))
    kinds = [type(answer) for answer in answers[:7]]
    assert kinds == [NotFound, CartExpired, CartCompleted, CartEmpty, Refusals, InvalidInput, InvalidInput]
    assert isinstance(answers[4], Refusals)
    assert [type(one) for one in answers[4].refusals] == [NotSold]
    assert answers[7:] == [good, good]
    assert await ends(db, good) == {(NOW + 30 * MINUTE, NOW + 30 * MINUTE, None)}
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (9, 1, 0, 0)}


async def test_bundles_are_reserved_as_their_components(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("B", "warehouse"): 9})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    first, second = [await ready_cart(db, shop, {"C": 2, "A": 1}) for _ in range(2)]
    await reserve(db, first)
    place = shop.places["warehouse"]
    assert await reserved(db, first) == [(1, "SKU-A", place, 4), (1, "SKU-B", place, 2), (2, "SKU-A", place, 1)]
    assert await problems_of(db, first) == []
    with pytest.raises(Refusals):
        await reserve(db, second)


async def test_a_channels_share_counts_and_what_is_reserved_counts_against_it(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 10})
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(units=4))
    first, second = [await ready_cart(db, shop, {"A": units}) for units in (5, 2)]
    await reserve(db, first)
    with pytest.raises(Refusals) as caught:
        await reserve(db, second)
    assert caught.value.refusals[0].facts["available"] == 1
    assert await problems_of(db, first) == []


async def test_what_would_be_sold_ahead_is_not_reserved_and_does_not_wait(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 1, ("B", "warehouse"): 1})
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 9)
    both, ahead, beyond = [await ready_cart(db, shop, lines) for lines in ({"A": 2, "B": 1}, {"A": 9}, {"A": 10})]
    await reserve(db, both, ahead)
    assert await reserved(db, both) == [(2, "SKU-B", shop.places["warehouse"], 1)]
    assert await reserved(db, ahead) == []
    with pytest.raises(Refusals) as caught:
        await reserve(db, beyond)
    assert caught.value.refusals[0].facts["available"] == 9
    assert await queue(db) == []


async def test_the_statements_do_not_grow_with_the_carts(db: Database, count_statements: Any) -> None:
    shop = await make_shop(db, {(letter, "warehouse"): 500 for letter in "ABC"})
    totals: dict[int, list[int]] = {}
    for count in (2, 7, 30):
        carts = [await ready_cart(db, shop, {"A": 1, "BC"[number % 2]: 2}) for number in range(count)]
        totals[count] = []
        for now in (NOW, NOW + 16 * MINUTE):
            asked = [CartHold(cart_id, now, "shopper") for cart_id in carts]
            with count_statements() as counted:
                answers = await db.in_write(lambda tx, asked=asked, now=now: reserve_carts(tx, asked, now=now))
            assert not any(isinstance(answer, DomainError) for answer in answers)
            totals[count].append(counted.total)
    # The second time nobody has swept yet: what was reserved is locked, ended and reserved anew.
    assert list(totals.values()) == [[9, 14]] * 3


def test_reservations_count_for_an_hour_from_the_first() -> None:
    hour = 60 * MINUTE
    assert count_reservation(0, None, NOW) == (1, NOW)
    assert count_reservation(3, NOW, NOW + hour - MINUTE) == (4, NOW)
    with pytest.raises(ReservedTooOften) as caught:
        count_reservation(4, NOW, NOW + hour - MINUTE)
    assert caught.value.facts == {"reservable_at": NOW + hour}
    assert count_reservation(4, NOW, NOW + hour) == (1, NOW + hour)


async def give_back(db: Database, cart_id: Any) -> None:
    async with db.write() as tx:
        assert await release_cart_reservation(tx, cart_id, actor="shopper", now=NOW)


async def test_a_cart_is_reserved_anew_four_times_an_hour(db: Database) -> None:
    """What is not begun does not count: more of the same reservation, and one that was refused."""
    shop = await make_shop(db, {("A", "warehouse"): 5, ("B", "warehouse"): 1})
    cart_id, greedy = await ready_cart(db, shop, {"A": 2}), await ready_cart(db, shop, {"B": 2})
    for number in range(4):
        await reserve(db, cart_id, now=NOW + number * MINUTE)
        await reserve(db, cart_id, now=NOW + number * MINUTE)
        with pytest.raises(Refusals):
            await reserve(db, greedy, now=NOW)
        await give_back(db, cart_id)
    before = await movements(db)
    with pytest.raises(ReservedTooOften) as caught:
        await reserve(db, cart_id, now=NOW + 59 * MINUTE)
    assert caught.value.facts == {"reservable_at": NOW + 60 * MINUTE}
    assert (await movements(db), await reserved(db, cart_id)) == (before, [])
    other = await ready_cart(db, shop, {"A": 1})
    with pytest.raises(ReservedTooOften):
        await reserve(db, other, cart_id, now=NOW + 59 * MINUTE)
    assert len(await reserved(db, other)) == 1
    await reserve(db, cart_id, now=NOW + 60 * MINUTE)
    assert await reserved(db, cart_id) == [(1, "SKU-A", shop.places["warehouse"], 2)]


async def test_a_reservation_that_ended_and_was_not_swept_counts_as_a_new_one(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 2})
    for number in range(4):
        await reserve(db, cart_id, now=NOW + 2 * number * MINUTE, ttl_s=60)
    with pytest.raises(ReservedTooOften):
        await reserve(db, cart_id, now=NOW + 8 * MINUTE)


async def test_of_many_who_begin_at_once_one_does(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 2})
    await asyncio.gather(*(reserve(db, cart_id, cart_id) for _ in range(8)))
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT reservations_begun FROM carts WHERE id = :id"), id=cart_id) == 1
