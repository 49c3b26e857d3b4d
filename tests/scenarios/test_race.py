"""The last unit and a hundred buyers, each with a connection of its own."""

import asyncio
from typing import Any

from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import AT_PICKUP, CARD, checkout_input, collect, fill_cart, movements, send_home
from tests.scenarios.shop import Shop

BUYERS = 100


async def test_one_unit_and_a_hundred_buyers_make_one_order(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(SHIBUYA=1)

    async def prepare(number: int) -> dict[str, Any]:
        cart_id, lines = await fill_cart(shopper, (sku, 1))
        if number % 2:
            await send_home(shopper, cart_id, list(lines.values()))
            return checkout_input(cart_id, CARD)
        await collect(shopper, shop, cart_id, list(lines.values()), "SHIBUYA")
        return checkout_input(cart_id, AT_PICKUP)

    ready = await asyncio.gather(*(prepare(number) for number in range(BUYERS)))
    answers = await asyncio.gather(*(shopper.ask(ask.CHECKOUT, input=buyer) for buyer in ready))

    orders = [answer["order"] for answer in answers if answer["order"] is not None]
    assert [order["status"] for order in orders] == ["PLACED"]
    refusals = [error for answer in answers for error in answer["userErrors"]]
    assert len(refusals) == BUYERS - 1
    assert {(error["code"], error["sku"], error["requested"], error["available"]) for error in refusals} == {
        ("INSUFFICIENT_STOCK", sku, 1, 0)
    }
    seen = (await staff.ask(ask.AVAILABILITY, sku=sku))["availability"]
    assert (seen["onHand"], seen["reserved"], seen["allocated"], seen["available"]) == (1, 0, 1, 0)
    # One buyer's units moved, and nobody else's were even touched.
    assert sum(allocated for *_, allocated in await movements(staff, sku)) == 1


async def test_one_cart_sent_many_times_makes_one_order(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(EAST=50)
    cart_id, lines = await fill_cart(shopper, (sku, 2))
    await send_home(shopper, cart_id, list(lines.values()))
    sent = [checkout_input(cart_id, key=f"{cart_id} {number % 4}") for number in range(20)]
    payloads = await asyncio.gather(*(shopper.do(ask.CHECKOUT, **buyer) for buyer in sent))
    assert len({payload["order"]["number"] for payload in payloads}) == 1
    assert (await shopper.ask(ask.AVAILABILITY, sku=sku))["availability"]["available"] == 48
