"""The server dies in the middle of the sale. Whoever was told "ordered" has an order; whoever was not asks again."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from app.kit.ids import uuid_key
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import AT_PICKUP, CARD, checkout_input, collect, fill_cart, send_home
from tests.scenarios.serving import Program
from tests.scenarios.shop import STAFF_KEY, Shop

BUYERS = 40
STOCK = 100


async def _prepare(shopper: Client, shop: Shop, sku: str, number: int) -> dict[str, Any]:
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    if number % 2:
        await send_home(shopper, cart_id, list(lines.values()))
        return checkout_input(cart_id, CARD)
    await collect(shopper, shop, cart_id, list(lines.values()), "SHIBUYA")
    return checkout_input(cart_id, AT_PICKUP)


async def _until_killed(shopper: Client, buyer: dict[str, Any], answered: asyncio.Semaphore) -> dict[str, Any] | None:
    """The order, or None when the connection broke first."""
    try:
        payload = await shopper.do(ask.CHECKOUT, **buyer)
    except (httpx.TransportError, ValueError):
        return None
    finally:
        answered.release()
    return payload["order"]


async def test_kill_9_in_the_middle_of_checkouts_loses_and_doubles_nothing(shop: Shop, folder: Path) -> None:
    sku = await shop.goods(SHIBUYA=STOCK)
    server = await Program("serve", dsn=shop.db.dsn, folder=folder).ready()
    shopper = Client(server.url)
    buyers = await asyncio.gather(*(_prepare(shopper, shop, sku, number) for number in range(BUYERS)))

    answered = asyncio.Semaphore(0)
    checkouts = [asyncio.create_task(_until_killed(shopper, buyer, answered)) for buyer in buyers]
    for _ in range(BUYERS // 8):
        await answered.acquire()
    await server.kill()
    before = await asyncio.gather(*checkouts)
    await shopper.close()
    told = sum(order is not None for order in before)
    assert BUYERS // 8 <= told < BUYERS, f"{told} of {BUYERS} were answered: the kill was not in the middle"

    server = await Program("serve", dsn=shop.db.dsn, folder=folder).ready()
    shopper = Client(server.url)
    after = [
        payload["order"] for payload in await asyncio.gather(*(shopper.do(ask.CHECKOUT, **buyer) for buyer in buyers))
    ]
    staff = Client(server.url, key=STAFF_KEY)
    seen = (await staff.ask(ask.AVAILABILITY, sku=sku))["availability"]
    await shopper.close()
    await staff.close()
    assert await server.stop() == 0

    for first, second in zip(before, after, strict=True):
        assert second["status"] == "PLACED"
        assert first is None or (first["id"], first["number"]) == (second["id"], second["number"])
    assert len({order["id"] for order in after}) == BUYERS
    carts = [str(uuid_key(buyer["cartId"], "Cart")) for buyer in buyers]
    async with shop.db.read() as tx:
        orders = await tx.connection.fetchval(
            "SELECT count(*) FROM orders WHERE source_system = 'cart' AND external_reference = ANY($1)", carts
        )
    assert orders == BUYERS
    assert (seen["onHand"], seen["reserved"], seen["allocated"]) == (STOCK, 0, BUYERS)
