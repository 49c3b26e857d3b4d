"""Apps that listen: stock and orders as they change, in order, without asking again and again."""

import asyncio
from typing import Any

from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import code_of, order_to_home, order_to_store, place_id, ship, work_of
from tests.scenarios.shop import Shop


async def test_stock_changes_arrive_in_order_with_rising_versions(shop: Shop, shopper: Client, staff: Client) -> None:
    sku, other = await shop.goods(SHIBUYA=5), await shop.goods(SHIBUYA=5)
    async with shopper.listening() as socket:
        shibuya = place_id(shop, "SHIBUYA")
        await socket.subscribe(ask.STOCK_CHANGED, skus=[sku], locationIds=[shibuya])
        first = await socket.next()
        assert first == {"variant": {"sku": sku}, "location": {"code": "SHIBUYA"}, "available": 5, "version": 1}

        events: list[dict[str, Any]] = []
        await order_to_store(shopper, shop, other, 1, "SHIBUYA")
        for left in (4, 3, 2):
            await order_to_store(shopper, shop, sku, 1, "SHIBUYA")
            events.append(await socket.next())
            assert events[-1]["available"] == left
        await staff.do(ask.STOCK_RECEIVE, locationId=shibuya, lines=[{"sku": sku, "quantity": 10}])
        events.append(await socket.next())
    assert [event["available"] for event in events] == [4, 3, 2, 12]
    assert [event["version"] for event in events] == [2, 3, 4, 5]


async def test_a_crowd_of_listeners_ends_with_the_same_figure(shop: Shop, shopper: Client, staff: Client) -> None:
    sku, shibuya = await shop.goods(SHIBUYA=20), place_id(shop, "SHIBUYA")

    async def listen(started: asyncio.Event) -> list[int]:
        async with shopper.listening() as socket:
            await socket.subscribe(ask.STOCK_CHANGED, skus=[sku])
            seen = [await socket.next()]
            started.set()
            while seen[-1]["available"] != 0:
                seen.append(await socket.next())
            return [event["version"] for event in seen]

    starts = [asyncio.Event() for _ in range(5)]
    listeners = [asyncio.create_task(listen(started)) for started in starts]
    await asyncio.gather(*(started.wait() for started in starts))
    takes = [
        staff.do(ask.STOCK_ADJUST, sku=sku, locationId=shibuya, delta=-1, reason="LOSS", note=f"sold {number}")
        for number in range(20)
    ]
    await asyncio.gather(*takes)
    for versions in await asyncio.gather(*listeners):
        assert versions == sorted(set(versions))
        assert versions[-1] == 21


async def test_the_order_page_sees_each_step(shop: Shop, shopper: Client, shibuya: Client) -> None:
    order = await order_to_store(shopper, shop, await shop.goods(SHIBUYA=1), 1, "SHIBUYA")
    async with shopper.listening() as socket:
        await socket.subscribe(ask.ORDER_CHANGED, id=order["id"])
        events = [await socket.next()]

        async def until_status(status: str) -> None:
            while [pickup["status"] for pickup in events[-1]["pickups"]] != [status]:
                events.append(await socket.next())

        [preparing] = await work_of(shibuya, order, "PREPARE_PICKUP")
        pickup_id = preparing["fulfillment"]["pickup"]["id"]
        await shibuya.do(ask.MARK_READY, pickupId=pickup_id)
        await until_status("READY")
        code = events[-1]["pickups"][0]["code"]
        assert code == await code_of(shopper, order)
        await shibuya.do(ask.VERIFY, pickupId=pickup_id, code=code)
        await shibuya.do(ask.HAND_OVER, pickupId=pickup_id)
        while events[-1]["status"] != "COMPLETED":
            events.append(await socket.next())
    versions = [event["version"] for event in events]
    assert versions == sorted(set(versions))


async def test_a_listener_of_an_order_hears_of_its_parcel(shop: Shop, shopper: Client, staff: Client) -> None:
    order = await order_to_home(shopper, await shop.goods(EAST=1), 1)
    async with shopper.listening() as socket:
        await socket.subscribe(ask.ORDER_CHANGED, id=order["id"])
        assert (await socket.next())["status"] == "PLACED"
        await ship(staff, order)
        last = await socket.next()
        while last["status"] != "COMPLETED":
            last = await socket.next()
        assert last["fulfillmentStatus"] == "FULFILLED"
