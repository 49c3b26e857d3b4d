"""Buy online and collect: what is there is set aside, what is elsewhere is sent, a code opens the counter."""

from datetime import datetime, timedelta

from app.kit.clock import utc_now
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import (
    all_work,
    check_out,
    code_of,
    collect,
    fill_cart,
    movements,
    order_to_store,
    place_id,
    send_home,
    ship,
    work_of,
)
from tests.scenarios.serving import until
from tests.scenarios.shop import Shop


async def test_one_line_goes_home_and_one_is_collected(
    shop: Shop, shopper: Client, staff: Client, shibuya: Client
) -> None:
    shirt, pouch = await shop.goods(price=3000, EAST=5, WEST=5), await shop.goods(price=1200, SHIBUYA=3)

    seen = await shopper.ask(ask.AVAILABILITY, sku=pouch, near=ask.NEAR_SHIBUYA)
    assert seen["availability"] == {
        "available": 3,
        "onHand": None,
        "allocated": None,
        "reserved": None,
        "locations": [{"available": 3, "location": {"code": "SHIBUYA"}}],
    }

    cart_id, lines = await fill_cart(shopper, (shirt, 1), (pouch, 2))
    options = await shopper.ask(ask.OPTIONS, cartId=cart_id, near=ask.NEAR_SHIBUYA, modes=["STORE_PICKUP"])
    assert [(option["location"]["code"], option["coverage"]) for option in options] == [
        ("SHIBUYA", "AFTER_TRANSFER"),
        ("UENO", "AFTER_TRANSFER"),
        ("UMEDA", "AFTER_TRANSFER"),
    ]

    await send_home(shopper, cart_id, [lines[shirt]])
    halfway = await shopper.ask(ask.CART, id=cart_id)
    assert [problem["code"] for problem in halfway["problems"]] == ["DELIVERY_MISSING"]
    await collect(shopper, shop, cart_id, [lines[pouch]], "SHIBUYA")
    cart = await shopper.ask(ask.CART, id=cart_id)
    assert cart["problems"] == []
    assert cart["totals"]["total"]["amount"] == 3000 + 2 * 1200 + 660

    order = await check_out(shopper, cart_id)
    assert (order["status"], order["paymentStatus"]) == ("PLACED", "AUTHORIZED")
    assert [line["allocations"] for line in order["lines"]] == [
        [{"quantity": 1, "location": {"code": "EAST"}}],
        [{"quantity": 2, "location": {"code": "SHIBUYA"}}],
    ]

    [preparing] = await work_of(shibuya, order, "PREPARE_PICKUP")
    pickup_id = preparing["fulfillment"]["pickup"]["id"]
    await shibuya.do(ask.MARK_READY, pickupId=pickup_id)
    code = await code_of(shopper, order)
    verified = await shibuya.do(ask.VERIFY, pickupId=pickup_id, code=code)
    assert verified["pickup"] == {"status": "READY", "isVerified": True, "isLocked": False}
    await shibuya.do(ask.HAND_OVER, pickupId=pickup_id)
    halfway = await shopper.ask(ask.ORDER, id=order["id"])
    assert (halfway["status"], halfway["fulfillmentStatus"]) == ("PLACED", "PARTIALLY_FULFILLED")

    number = await ship(staff, order)
    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["fulfillmentStatus"]) == ("COMPLETED", "FULFILLED")
    assert done["shipments"] == [{"carrier": "yamato", "trackingNumber": number}]
    assert await movements(staff, pouch) == [
        ("RECEIVED", "SHIBUYA", 3, 0, 0),
        ("RESERVED", "SHIBUYA", 0, 2, 0),
        ("RESERVATION_ALLOCATED", "SHIBUYA", 0, -2, 2),
        ("HANDED_OVER", "SHIBUYA", -2, 0, -2),
    ]


async def test_another_store_sends_what_the_chosen_one_lacks(
    shop: Shop, shopper: Client, staff: Client, shibuya: Client
) -> None:
    sku = await shop.goods(UENO=4, UMEDA=4)
    order = await order_to_store(shopper, shop, sku, 3, "SHIBUYA")
    assert order["lines"][0]["allocations"] == [{"quantity": 3, "location": {"code": "UENO"}}]

    [sending, waiting] = await work_of(staff, order, "TRANSFER", "PREPARE_PICKUP")
    assert (sending["location"]["code"], sending["status"]) == ("UENO", "OPEN")
    assert (waiting["location"]["code"], waiting["status"]) == ("SHIBUYA", "WAITING")
    pickup_id = waiting["fulfillment"]["pickup"]["id"]
    too_early = await shibuya.refused(ask.MARK_READY, pickupId=pickup_id)
    assert [(error["code"], error["currentStatus"]) for error in too_early] == [("INVALID_TRANSITION", "REQUESTED")]

    transfer_id = sending["transfer"]["id"]
    shipped = await staff.do(ask.TRANSFER_SHIP, transferId=transfer_id)
    assert shipped["transfer"]["status"] == "IN_TRANSIT"
    assert (await shopper.ask(ask.AVAILABILITY, sku=sku))["availability"]["available"] == 5
    received = await staff.do(ask.TRANSFER_RECEIVE, transferId=transfer_id)
    assert received["transfer"]["status"] == "RECEIVED"

    async def open_at_shibuya() -> bool:
        page = await all_work(shibuya, locationId=place_id(shop, "SHIBUYA"), status="OPEN")
        return waiting["id"] in {node["id"] for node in page}

    await until(open_at_shibuya)
    await shibuya.do(ask.MARK_READY, pickupId=pickup_id)
    await shibuya.do(ask.VERIFY, pickupId=pickup_id, code=await code_of(shopper, order))
    await shibuya.do(ask.HAND_OVER, pickupId=pickup_id)
    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["paymentStatus"]) == ("COMPLETED", "CAPTURED")
    assert (await staff.ask(ask.AVAILABILITY, sku=sku))["availability"]["onHand"] == 5


async def test_a_store_without_stock_is_served_by_a_transfer_that_comes_late(
    shop: Shop, shopper: Client, staff: Client, shibuya: Client
) -> None:
    sku = await shop.goods(UENO=1)
    order = await order_to_store(shopper, shop, sku, 1, "SHIBUYA")
    [sending, waiting] = await work_of(staff, order, "TRANSFER", "PREPARE_PICKUP")
    [promised] = (await shopper.ask(ask.PROMISE, id=order["id"]))["pickups"]
    late = (utc_now() + timedelta(days=9)).isoformat()
    await staff.do(ask.TRANSFER_DATE, transferId=sending["transfer"]["id"], expectedAt=late)

    async def is_told() -> bool:
        [pickup] = (await shopper.ask(ask.PROMISE, id=order["id"]))["pickups"]
        return datetime.fromisoformat(pickup["readyBy"]) >= datetime.fromisoformat(late)

    await until(is_told)
    found = await shopper.ask(ask.PROMISE, id=order["id"])
    assert found["pickups"][0]["readyBy"] > promised["readyBy"]
    assert [entry["kind"] for entry in found["history"]].count("PROMISE_REDATED") == 1

    await staff.do(ask.TRANSFER_SHIP, transferId=sending["transfer"]["id"])
    await staff.do(ask.TRANSFER_RECEIVE, transferId=sending["transfer"]["id"])

    async def is_open() -> bool:
        page = await all_work(shibuya, locationId=place_id(shop, "SHIBUYA"), status="OPEN")
        return waiting["id"] in {node["id"] for node in page}

    await until(is_open)
    pickup_id = waiting["fulfillment"]["pickup"]["id"]
    await shibuya.do(ask.MARK_READY, pickupId=pickup_id)
    await shibuya.do(ask.VERIFY, pickupId=pickup_id, code=await code_of(shopper, order))
    await shibuya.do(ask.HAND_OVER, pickupId=pickup_id)
    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["paymentStatus"]) == ("COMPLETED", "CAPTURED")


async def test_wrong_codes_are_counted_and_lock_at_the_fifth(
    shop: Shop, shopper: Client, staff: Client, shibuya: Client
) -> None:
    order = await order_to_store(shopper, shop, await shop.goods(SHIBUYA=1), 1, "SHIBUYA")
    [preparing] = await work_of(shibuya, order, "PREPARE_PICKUP")
    pickup_id = preparing["fulfillment"]["pickup"]["id"]
    await shibuya.do(ask.MARK_READY, pickupId=pickup_id)
    code = await code_of(shopper, order)

    unverified = await shibuya.refused(ask.HAND_OVER, pickupId=pickup_id)
    assert [error["code"] for error in unverified] == ["PICKUP_CODE_NOT_VERIFIED"]
    left: list[int] = []
    for attempt in range(5):
        # Sent twice, since the counter has a bad connection: counted once.
        for _ in range(2):
            errors = await shibuya.refused(
                ask.VERIFY, pickupId=pickup_id, code=f"wrong {attempt}", idempotencyKey=f"{pickup_id} {attempt}"
            )
        assert [error["code"] for error in errors] == ["PICKUP_CODE_INVALID"]
        left.append(errors[0]["remainingAttempts"])
    assert left == [4, 3, 2, 1, 0]

    for refused in (
        await shibuya.refused(ask.VERIFY, pickupId=pickup_id, code=code),
        await shibuya.refused(ask.HAND_OVER, pickupId=pickup_id),
    ):
        assert [error["code"] for error in refused] == ["PICKUP_CODE_LOCKED"]
    [pickup] = (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]
    assert pickup["code"] is None

    await staff.do(ask.UNLOCK, pickupId=pickup_id)
    new_code = await code_of(shopper, order)
    assert new_code != code
    await shibuya.do(ask.VERIFY, pickupId=pickup_id, code=new_code)
    handed_over = await shibuya.do(ask.HAND_OVER, pickupId=pickup_id)
    assert handed_over["pickup"]["status"] == "COLLECTED"


async def test_a_store_sees_its_own_work_only(shop: Shop, shopper: Client, shibuya: Client, staff: Client) -> None:
    order = await order_to_store(shopper, shop, await shop.goods(UENO=1), 1, "UENO")
    [preparing] = await work_of(staff, order, "PREPARE_PICKUP")
    assert order["number"] not in {node["orderNumber"] for node in await all_work(shibuya)}
    errors = await shibuya.refused(ask.MARK_READY, pickupId=preparing["fulfillment"]["pickup"]["id"])
    assert [error["code"] for error in errors] == ["NOT_FOUND"]
