"""Reservations through the API obey the rules of selling, and nobody is refused units that only wait for a sweep."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.model import Claim
from app.inventory.model.selling import WAITING, Share
from app.kit.db import Database
from app.kit.statement import Statement
from tests.checkout.builders import make_shop, ready_cart
from tests.checkout.test_checkout_complete import codes, complete
from tests.conftest import NOW, Execute, keyed
from tests.inventory.builders import counters, hold, wish
from tests.inventory.reservations import CREATE, TRANSFER, lines_of, make, wanted
from tests.inventory.reservations import ask as send
from tests.inventory.selling import ask, bundle, queue, sell_ahead
from tests.inventory.shop import STAFF, Shop, fill, open_shop, refusals

CHANNEL = Statement("SELECT id FROM channels")
MINUTE = timedelta(minutes=1)
SHIP = """mutation ($input: TransferCreateInput!) { transferCreate(input: $input) {
  transfer { id } userErrors { code } } }"""


async def tea_shop(db: Database, **units: tuple[int, int]) -> Shop:
    """A set of two cups and a pot, with (cups, pots) by the code of the location."""
    shop = await open_shop(db, "SET", "CUP", "POT")
    for code, (cups, pots) in units.items():
        await fill(db, shop, "CUP", **{code: cups})
        await fill(db, shop, "POT", **{code: pots})
    async with db.write() as tx:
        await bundle(tx, shop.variants["SET"], {shop.variants["CUP"]: 2, shop.variants["POT"]: 1})
    return shop


async def test_a_bundle_is_reserved_as_its_components_each_from_one_place(db: Database, execute: Any) -> None:
    shop = await tea_shop(db, umeda=(5, 1), depot=(4, 9))
    whole = await send(execute, CREATE, wanted(shop, ("SET", 3), channel="web", mode="SPLIT"))
    assert lines_of(whole) == [
        (1, "CUP", "umeda", 2),
        (1, "CUP", "depot", 4),
        (1, "POT", "umeda", 1),
        (1, "POT", "depot", 2),
    ]
    more = await send(execute, CREATE, wanted(shop, ("SET", 1), channel="web"))
    [error] = more["userErrors"]
    assert (error["code"], error["requested"], error["available"]) == ("INSUFFICIENT_STOCK", 1, 0)
    cups, pots = (shop.variants[sku] for sku in ("CUP", "POT"))
    levels = await counters(db)
    assert levels[cups, shop.places["umeda"]] == (5, 2, 0, 0)
    assert levels[pots, shop.places["depot"]] == (9, 2, 0, 0)


async def test_a_bundle_moves_as_a_whole_or_not_at_all(db: Database, execute: Any) -> None:
    shop = await tea_shop(db, umeda=(4, 2), depot=(4, 1), shibuya=(9, 9))
    made = await send(execute, CREATE, wanted(shop, ("SET", 2)))
    reservation = {"reservationId": made["reservation"]["id"], "fromLocationId": shop.place("umeda")}
    before = await counters(db)
    short = await send(execute, TRANSFER, {**reservation, "toLocationId": shop.place("depot")})
    assert [error["code"] for error in short["userErrors"]] == ["INSUFFICIENT_STOCK"]
    assert await counters(db) == before
    moved = await send(execute, TRANSFER, {**reservation, "toLocationId": shop.place("shibuya")})
    assert lines_of(moved) == [(1, "CUP", "shibuya", 4), (1, "POT", "shibuya", 2)]


async def test_a_channels_share_counts_for_what_is_reserved_through_it_only(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=10)
    async with db.write() as tx:
        await set_channel_share(tx, await tx.fetchval(CHANNEL), Share(units=4))
    first = await send(execute, CREATE, wanted(shop, ("SHIRT", 5), channel="web"))
    assert lines_of(first) == [(1, "SHIRT", "umeda", 5)]
    second = await send(execute, CREATE, wanted(shop, ("SHIRT", 2), channel="web"))
    assert [(error["code"], error["available"]) for error in second["userErrors"]] == [("INSUFFICIENT_STOCK", 1)]
    assert lines_of(await send(execute, CREATE, wanted(shop, ("SHIRT", 5)))) == [(1, "SHIRT", "umeda", 5)]


async def test_nobody_who_waits_is_overtaken_and_nothing_is_reserved_ahead(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=5)
    shirt = shop.variants["SHIRT"]
    async with db.write() as tx:
        await sell_ahead(tx, shirt, 9)
    waiting = await ask(db, shirt, 6, shop.places["umeda"])
    assert (await hold(db, waiting))[0].claims == (Claim(1, shirt, WAITING, 6),)
    refused = await send(execute, CREATE, wanted(shop, ("SHIRT", 1)))
    assert [(error["code"], error["available"]) for error in refused["userErrors"]] == [("INSUFFICIENT_STOCK", 0)]
    partial = await send(execute, CREATE, wanted(shop, ("SHIRT", 1), mode="PARTIAL"))
    assert [error["code"] for error in partial["userErrors"]] == ["INSUFFICIENT_STOCK"]
    assert [row[:3] for row in await queue(db)] == [(waiting.owner_id, shirt, 6)]


async def test_racers_for_bundles_and_components_never_reserve_a_unit_twice(db: Database, execute: Any) -> None:
    shop = await tea_shop(db, umeda=(9, 4))
    asked = [wanted(shop, (sku, 1)) for _ in range(8) for sku in ("SET", "CUP", "POT")]
    payloads = await asyncio.gather(*(send(execute, CREATE, one) for one in asked))
    got = [one["lines"][0]["sku"] for one, done in zip(asked, payloads, strict=True) if done["reservation"]]
    sets, cups, pots = (got.count(sku) for sku in ("SET", "CUP", "POT"))
    place = shop.places["umeda"]
    assert await counters(db) == {
        (shop.variants["CUP"], place): (9, 2 * sets + cups, 0, 0),
        (shop.variants["POT"], place): (4, sets + pots, 0, 0),
    }
    assert sets + pots == 4


@pytest.mark.parametrize("mode", ["ONE_LOCATION", "PARTIAL"])
async def test_a_reservation_gets_what_is_past_its_time(db: Database, execute: Any, mode: str) -> None:
    shop = await make(db, umeda=5)
    shirt, place = shop.variants["SHIRT"], shop.places["umeda"]
    await hold(db, wish(shirt, 3, place, expires_at=NOW), wish(shirt, 1, place, expires_at=NOW + MINUTE))
    assert lines_of(await send(execute, CREATE, wanted(shop, ("SHIRT", 4), mode=mode))) == [(1, "SHIRT", "umeda", 4)]
    assert await counters(db) == {(shirt, place): (5, 5, 0, 0)}
    again = await send(execute, CREATE, wanted(shop, ("SHIRT", 4), mode=mode))
    assert refusals({"userErrors": [{k: error[k] for k in ("code", "message")} for error in again["userErrors"]]}) == [
        {"code": "INSUFFICIENT_STOCK"}
    ]


async def test_transfers_and_moved_reservations_get_it_too(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=2, depot=3)
    shirt, umeda, depot = shop.variants["SHIRT"], shop.places["umeda"], shop.places["depot"]
    await hold(db, wish(shirt, 3, depot, expires_at=NOW))
    made = await send(execute, CREATE, wanted(shop, ("SHIRT", 2)))
    move = {"reservationId": made["reservation"]["id"], "fromLocationId": shop.place("umeda")}
    moved = await send(execute, TRANSFER, {**move, "toLocationId": shop.place("depot")})
    assert lines_of(moved) == [(1, "SHIRT", "depot", 2)]
    await hold(db, wish(shirt, 2, umeda, expires_at=NOW))
    lines = [{"sku": "SHIRT", "quantity": 2}]
    ends = {"fromLocationId": shop.place("umeda"), "toLocationId": shop.place("shibuya")}
    sent = await execute(SHIP, keyed({**ends, "lines": lines}), actor=STAFF)
    assert sent["transferCreate"]["userErrors"] == []
    assert await counters(db) == {(shirt, umeda): (2, 0, 2, 0), (shirt, depot): (3, 2, 0, 0)}


async def test_checkouts_get_it_before_anybody_is_refused(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3, ("B", "warehouse"): 1})
    place = shop.places["warehouse"]
    await hold(db, *(wish(shop.variants["A"], 1, place, expires_at=end) for end in (NOW, NOW, NOW + MINUTE)))
    await hold(db, wish(shop.variants["B"], 1, place, expires_at=NOW))
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(5)]
    payloads = await asyncio.gather(*(complete(execute, cart_id) for cart_id in carts))
    assert sorted(map(codes, payloads)) == [[], []] + [["INSUFFICIENT_STOCK"]] * 3
    assert await counters(db) == {
        (shop.variants["A"], place): (3, 1, 2, 0),
        (shop.variants["B"], place): (1, 1, 0, 0),
    }
