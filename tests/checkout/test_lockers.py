"""An order into a locker exists only with its compartment."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.capacity.errors import LockerFull
from app.carts.actions.set_delivery import set_delivery
from app.carts.model import Destination
from app.carts.sql import lines_of
from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout, PlacedOrder
from app.fulfillment.actions.cancel_order import cancel_order
from app.kit.db import Database
from app.kit.errors import DomainError, Refusals
from app.kit.ids import global_id
from app.payments.model import AuthorizationResult
from app.sourcing.model import DeliveryMode
from tests.capacity.builders import claims, doors, draft, make_station
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.checkout.builders import CARD, TRACES, Shop, make_cart, ready_cart
from tests.checkout.test_checkout_complete import complete_input
from tests.conftest import NOW, Execute
from tests.inventory.builders import counters, put_stock
from tests.locations.builders import make_group, make_location
from tests.orders.builders import row_counts

COMPLETE = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { status } cart { status }
  userErrors { code path ... on LockerFullError {
    isTooLarge location { code } stations { distanceKm location { code } } } } } }"""
OPTIONS = """query ($id: ID!) { pickupOptions(cartId: $id, modes: [LOCKER_PICKUP]) {
  location { code } coverage eligible reasons { code } } }"""


@dataclass(frozen=True)
class LockerShop(Shop):
    """A warehouse and the stations umeda (two small, one medium), namba (one medium), and one nobody has told."""


async def make_shop(db: Database, units: int = 50) -> LockerShop:
    async with db.write() as tx:
        places = {
            "warehouse": await make_location(tx, code="warehouse", kind="EC_WAREHOUSE", near=(35.6, 140.1)),
            "umeda": await make_station(
                tx, [draft("1", "S"), draft("2", "S"), draft("3")], code="umeda", near=(34.70, 135.50)
            ),
            "namba": await make_station(tx, [draft("1")], code="namba", near=(34.66, 135.50)),
            "untold": await make_location(tx, code="untold", kind="LOCKER_STATION", near=(34.60, 135.50)),
        }
        channel_id = await make_channel(tx, await make_group(tx, places.values()))
        sides = {"A": (300, 200, 50), "B": (300, 200, 150), "C": (900, 50, 50)}
        variants = {
            letter: await make_variant(tx, f"SKU-{letter}", channel_id=channel_id, price=1000, sides_mm=side)
            for letter, side in sides.items()
        }
        for variant_id in variants.values():
            await put_stock(tx, variant_id, places["warehouse"], units)
    return LockerShop(channel_id, places, variants)


async def locker_cart(db: Database, shop: Shop, lines: dict[str, int], to: str = "umeda") -> UUID:
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, lines)
        wanted = [line.id for line in await lines_of(tx, cart_id)]
        await set_delivery(tx, cart_id, wanted, Destination(DeliveryMode.LOCKER_PICKUP, shop.places[to]), now=NOW)
    return cart_id


async def place(db: Database, *carts: UUID) -> list[PlacedOrder | DomainError]:
    checkouts = [Checkout(cart_id, CARD, NOW) for cart_id in carts]
    return await db.in_write(lambda tx: place_orders(tx, checkouts, actor="shopper", now=NOW))


async def test_the_compartment_is_reserved_with_the_stock(db: Database) -> None:
    shop = await make_shop(db)
    carts = [await locker_cart(db, shop, {"A": 1}), await locker_cart(db, shop, {"A": 1, "B": 1})]
    placed = await place(db, *carts)
    assert all(isinstance(one, PlacedOrder) for one in placed)
    assert sorted((await claims(db)).values()) == [("PLANNED", "1"), ("PLANNED", "3")]
    assert await doors(db) == [("1", "RESERVED"), ("2", "FREE"), ("3", "RESERVED"), ("1", "FREE")]


async def test_who_finds_no_compartment_hears_where_there_is_room(db: Database, execute: Execute) -> None:
    shop = await make_shop(db)
    await place(db, await locker_cart(db, shop, {"B": 1}))
    before, stock = await row_counts(db, *TRACES), await counters(db)
    cart_id = await locker_cart(db, shop, {"B": 1})
    payload = (await execute(COMPLETE, complete_input(cart_id)))["checkoutComplete"]
    assert payload == {
        "order": None,
        "cart": None,
        "userErrors": [
            {
                "code": "LOCKER_FULL",
                "path": ["input", "cartId"],
                "isTooLarge": False,
                "location": {"code": "umeda"},
                "stations": [{"distanceKm": 4.448, "location": {"code": "namba"}}],
            }
        ],
    }
    assert (await row_counts(db, *TRACES), await counters(db)) == (before, stock)
    [large] = await place(db, await locker_cart(db, shop, {"C": 1}))
    assert isinstance(large, Refusals)
    assert [(type(one), one.facts["is_too_large"], one.facts["found"]) for one in large.refusals] == [
        (LockerFull, True, [])
    ]


async def test_more_buyers_than_compartments(db: Database, execute: Execute) -> None:
    shop = await make_shop(db)
    carts = [await locker_cart(db, shop, {"A": 1}) for _ in range(20)]
    answers = await asyncio.gather(
        *(execute(COMPLETE, complete_input(cart_id)) for cart_id in carts[:10]),
        *(place(db, cart_id) for cart_id in carts[10:]),
    )
    codes = Counter(
        tuple(error["code"] for error in answer["checkoutComplete"]["userErrors"])
        if isinstance(answer, dict)
        else tuple(one.code for one in answer if isinstance(one, DomainError))
        for answer in answers
    )
    assert codes == {(): 3, ("LOCKER_FULL",): 17}
    assert Counter(code for _, code in (await claims(db)).values()) == {"1": 1, "2": 1, "3": 1}
    assert await row_counts(db, "orders") == {"orders": 3}


async def test_too_little_stock_keeps_no_compartment(db: Database) -> None:
    shop = await make_shop(db, units=1)
    carts = [await locker_cart(db, shop, {"A": 1}), await locker_cart(db, shop, {"A": 1})]
    first, second = await place(db, *carts)
    assert isinstance(first, PlacedOrder)
    assert isinstance(second, Refusals)
    assert second.code == "INSUFFICIENT_STOCK"
    assert list((await claims(db)).values()) == [("PLANNED", "1")]
    assert (await doors(db))[1] == ("2", "FREE")


@pytest.mark.parametrize("way", ["declined", "too late", "canceled"])
async def test_an_order_that_ends_gives_its_compartment_back(db: Database, way: str) -> None:
    shop = await make_shop(db)
    [placed] = await place(db, await locker_cart(db, shop, {"A": 1}))
    assert isinstance(placed, PlacedOrder)
    order_id = placed.order_id

    async def end(tx: Any) -> None:
        if way == "canceled":
            from app.checkout.actions.settle_payments import settle_payments  # noqa: PLC0415

            result = AuthorizationResult(reference="r")
            await settle_payments(tx, {order_id: result}, actor="shopper", now=NOW)
            await cancel_order(tx, order_id, reason="x", actor="shopper", now=NOW)
            return
        declined = AuthorizationResult(failure="no") if way == "declined" else None
        await cancel_unpaid(tx, order_id, declined=declined, actor="shopper", now=NOW)

    await db.in_write(end)
    assert list((await claims(db)).values()) == [("ENDED", "1")]
    assert (await doors(db))[0] == ("1", "FREE")


async def test_stations_that_nobody_has_told_take_parcels_as_before(db: Database, count_statements: Any) -> None:
    shop = await make_shop(db)
    home = await ready_cart(db, shop, {"A": 1})
    untold = await locker_cart(db, shop, {"A": 1}, "untold")
    totals = []
    for cart_id in (home, untold, await locker_cart(db, shop, {"A": 1})):
        with count_statements() as count:
            [answer] = await place(db, cart_id)
        assert isinstance(answer, PlacedOrder)
        totals.append(count.total)
    # The address of a home delivery is looked up; a station is asked for; compartments are read and written.
    assert totals == [17, 17, 22]
    assert len(await claims(db)) == 1


async def test_options_say_whether_a_locker_is_free(db: Database, execute: Execute) -> None:
    shop = await make_shop(db)
    await place(db, await locker_cart(db, shop, {"B": 1}))

    async def options(lines: dict[str, int]) -> dict[str, Any]:
        cart_id = await locker_cart(db, shop, lines)
        found = (await execute(OPTIONS, {"id": global_id("Cart", cart_id)}))["pickupOptions"]
        assert {one["coverage"] for one in found} == {"SHIPPED_TO_POINT"}
        return {
            one["location"]["code"]: (one["eligible"], [reason["code"] for reason in one["reasons"]]) for one in found
        }

    free = (True, [])
    assert await options({"A": 1}) == {"umeda": free, "namba": free, "untold": free}
    assert await options({"B": 1}) == {"umeda": (False, ["LOCKER_FULL"]), "namba": free, "untold": free}
    large = (False, ["TOO_LARGE_FOR_LOCKER"])
    assert await options({"C": 1}) == {"umeda": large, "namba": large, "untold": free}
