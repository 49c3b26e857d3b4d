"""An order that is given up gives its units back, from wherever they are."""

from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import (
    AT_PICKUP,
    checkout_input,
    collect,
    fill_cart,
    movements,
    order_to_home,
    order_to_store,
    send_home,
    ship,
    work_of,
)
from tests.scenarios.shop import Shop


async def test_canceling_puts_the_units_back_on_sale(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(EAST=2)
    order = await order_to_home(shopper, sku, 2)
    [picking] = await work_of(staff, order, "PICK")
    assert (await shopper.ask(ask.AVAILABILITY, sku=sku))["availability"]["available"] == 0

    canceled = await shopper.do(ask.ORDER_CANCEL, orderId=order["id"], idempotencyKey="once")
    again = await shopper.do(ask.ORDER_CANCEL, orderId=order["id"], idempotencyKey="once")
    assert canceled["order"] == again["order"] == {"status": "CANCELED", "paymentStatus": "VOIDED"}
    assert again["replayed"]
    assert (await staff.ask(ask.AVAILABILITY, sku=sku))["availability"] == {
        "available": 2,
        "onHand": 2,
        "allocated": 0,
        "reserved": 0,
        "locations": [{"available": 2, "location": {"code": "EAST"}}],
    }
    assert await movements(staff, sku) == [
        ("RECEIVED", "EAST", 2, 0, 0),
        ("RESERVED", "EAST", 0, 2, 0),
        ("RESERVATION_ALLOCATED", "EAST", 0, -2, 2),
        ("ALLOCATION_RELEASED", "EAST", 0, 0, -2),
    ]
    too_late = await staff.refused(ask.WORK_COMPLETE, workInstructionId=picking["id"])
    assert [(error["code"], error["currentStatus"]) for error in too_late] == [("INVALID_TRANSITION", "CANCELED")]


async def test_a_transfer_that_has_not_left_is_called_off(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(UENO=1)
    order = await order_to_store(shopper, shop, sku, 1, "SHIBUYA")
    [sending] = await work_of(staff, order, "TRANSFER")
    await shopper.do(ask.ORDER_CANCEL, orderId=order["id"])
    errors = await staff.refused(ask.TRANSFER_SHIP, transferId=sending["transfer"]["id"])
    assert [(error["code"], error["currentStatus"]) for error in errors] == [("INVALID_TRANSITION", "CANCELED")]
    assert (await shopper.ask(ask.AVAILABILITY, sku=sku))["availability"]["available"] == 1


async def test_what_has_left_is_not_canceled(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(EAST=1)
    order = await order_to_home(shopper, sku, 1)
    await ship(staff, order)
    errors = await shopper.refused(ask.ORDER_CANCEL, orderId=order["id"])
    assert [(error["code"], error["currentStatus"]) for error in errors] == [("INVALID_TRANSITION", "COMPLETED")]
    assert (await staff.ask(ask.AVAILABILITY, sku=sku))["availability"]["onHand"] == 0


async def test_after_a_declined_card_the_same_cart_is_paid_with_another(shop: Shop, shopper: Client) -> None:
    sku = await shop.goods(EAST=1)
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await send_home(shopper, cart_id, list(lines.values()))
    declined = {"method": "CARD", "token": "tok_declined"}
    errors = await shopper.refused(ask.CHECKOUT, **checkout_input(cart_id, declined, "first card"))
    assert [error["code"] for error in errors] == ["PAYMENT_DECLINED"]
    assert (await shopper.ask(ask.CART, id=cart_id))["status"] == "OPEN"
    paid = await shopper.do(ask.CHECKOUT, **checkout_input(cart_id, key="second card"))
    assert (paid["order"]["status"], paid["order"]["paymentStatus"]) == ("PLACED", "AUTHORIZED")
    assert (await shopper.ask(ask.CART, id=cart_id))["status"] == "COMPLETED"


async def test_a_declined_card_leaves_the_units_to_others(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(SHIBUYA=1)
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await send_home(shopper, cart_id, list(lines.values()))
    declined = {"method": "CARD", "token": "tok_declined"}
    errors = await shopper.refused(ask.CHECKOUT, **checkout_input(cart_id, declined))
    assert [error["code"] for error in errors] == ["PAYMENT_DECLINED"]

    next_cart, lines = await fill_cart(shopper, (sku, 1))
    await collect(shopper, shop, next_cart, list(lines.values()), "SHIBUYA")
    order = (await shopper.do(ask.CHECKOUT, **checkout_input(next_cart, AT_PICKUP)))["order"]
    assert (order["status"], order["paymentStatus"]) == ("PLACED", "DUE_AT_PICKUP")
    assert [kind for kind, *_ in await movements(staff, sku)] == [
        "RECEIVED",
        "RESERVED",
        "RESERVATION_RELEASED",
        "ALLOCATED",
    ]
