"""Whatever a caller gets wrong is answered by a typed refusal that says where, and changes nothing."""

from typing import Any, Final
from uuid import uuid4

import pytest

from app.kit.ids import global_id
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.ground import Ground

INT_MAX: Final = 2**31 - 1
MILLION: Final = 1_000_000
POSTAL_CODES: Final = ("", "12", "150-004", "15000434", "渋谷区", "150_0043", "〒", "1500\u0000043", "１２３４５６７８")


def bad_ids(typename: str) -> list[str]:
    """Ids that name nothing: unknown, of another type, taken apart, and none at all."""
    return [
        global_id(typename, uuid4()),
        global_id(typename, 2**62),
        global_id("Product", 1),
        str(uuid4()),
        "",
        "Q2FydDo=",
        "渋谷",
        "\u0000",
    ]


CART, LINES, SOME = {"cartId": "<cart>"}, {"lineIds": ["<line>"]}, {"lines": [{"sku": "<sku>", "quantity": 1}]}
HOME: Final = {"mode": "HOME_DELIVERY", "address": ask.HOME}
CARD: Final = {"payment": {"method": "CARD", "token": "tok_ok"}, "idempotencyKey": "bad"}
# A mutation, the argument that gets the bad id, of which type the id should be, and the other arguments.
WITH_IDS: Final = (
    (ask.CART_LINES_ADD, "cartId", "Cart", SOME),
    (ask.CART_LINES_UPDATE, "cartId", "Cart", {"lines": [{"lineId": "<line>", "quantity": 1}]}),
    (ask.CART_LINES_UPDATE, "lines.lineId", "CartLine", {**CART, "lines": [{"quantity": 1}]}),
    (ask.CART_LINES_REMOVE, "cartId", "Cart", LINES),
    (ask.CART_LINES_REMOVE, "lineIds", "CartLine", CART),
    (ask.CART_DELIVERY_SET, "cartId", "Cart", {**LINES, **HOME}),
    (ask.CART_DELIVERY_SET, "lineIds", "CartLine", {**CART, **HOME}),
    (ask.CART_DELIVERY_SET, "locationId", "Location", {**CART, **LINES, "mode": "STORE_PICKUP"}),
    (ask.CHECKOUT, "cartId", "Cart", CARD),
    (ask.ORDER_CANCEL, "orderId", "Order", {}),
    (ask.STOCK_ADJUST, "locationId", "Location", {"sku": "<sku>", "delta": 1, "reason": "FOUND"}),
    (ask.STOCK_RECEIVE, "locationId", "Location", SOME),
    (ask.TRANSFER_CREATE, "fromLocationId", "Location", {"toLocationId": "<place>", **SOME}),
    (ask.TRANSFER_CREATE, "toLocationId", "Location", {"fromLocationId": "<place>", **SOME}),
    (ask.TRANSFER_SHIP, "transferId", "Transfer", {}),
    (ask.TRANSFER_RECEIVE, "transferId", "Transfer", {}),
    (ask.MARK_READY, "pickupId", "Pickup", {}),
    (ask.REPORT, "pickupId", "Pickup", {"kind": "ARRIVED"}),
    (ask.VERIFY, "pickupId", "Pickup", {"code": "123456"}),
    (ask.UNLOCK, "pickupId", "Pickup", {}),
    (ask.HAND_OVER, "pickupId", "Pickup", {}),
    (ask.EXPIRE, "pickupId", "Pickup", {}),
    (ask.SHIPMENT_CREATE, "fulfillmentId", "Fulfillment", {"carrier": "yamato", "trackingNumber": "T-1"}),
    (ask.WORK_COMPLETE, "workInstructionId", "WorkInstruction", {}),
)


@pytest.mark.parametrize(
    ("document", "field", "typename", "rest"), WITH_IDS, ids=[f"{ask.name_of(case[0])}-{case[1]}" for case in WITH_IDS]
)
async def test_an_id_that_names_nothing(
    ground: Ground, staff: Client, *, document: str, field: str, typename: str, rest: dict[str, Any]
) -> None:
    for value in bad_ids(typename):
        [error] = await staff.refused(document, **ground.filled(rest, field, value))
        assert error["code"] == "NOT_FOUND", (value, error)
        assert error["path"][:2] == ["input", field.split(".", maxsplit=1)[0]], (value, error)


@pytest.mark.parametrize("quantity", [-INT_MAX - 1, -1, 0, 10_000, INT_MAX])
@pytest.mark.parametrize(
    ("document", "values"),
    [(ask.CART_CREATE, SOME), (ask.CART_LINES_ADD, {**CART, **SOME})],
    ids=["create", "add"],
)
async def test_a_quantity_that_no_cart_holds(
    ground: Ground, shopper: Client, document: str, values: dict[str, Any], quantity: int
) -> None:
    [error] = await shopper.refused(document, **ground.filled(values, "lines.quantity", quantity))
    assert (error["code"], error["path"]) == ("INVALID_QUANTITY", ["input", "lines", "0", "quantity"])


# 0 is missing: it takes the line out.
@pytest.mark.parametrize("quantity", [-INT_MAX - 1, -1, 10_000, INT_MAX])
async def test_a_quantity_that_no_line_can_have(ground: Ground, shopper: Client, quantity: int) -> None:
    values = {**CART, "lines": [{"lineId": "<line>", "quantity": quantity}]}
    [error] = await shopper.refused(ask.CART_LINES_UPDATE, **ground.filled(values))
    assert (error["code"], error["path"]) == ("INVALID_QUANTITY", ["input", "lines", "0", "quantity"])


@pytest.mark.parametrize("quantity", [-INT_MAX - 1, -1, 0, MILLION + 1, INT_MAX])
@pytest.mark.parametrize(
    ("document", "values"),
    [
        (ask.STOCK_RECEIVE, {"locationId": "<place>", **SOME}),
        (ask.TRANSFER_CREATE, {"fromLocationId": "<place>", "toLocationId": "<store>", **SOME}),
    ],
    ids=["receive", "transfer"],
)
async def test_a_quantity_that_no_location_moves(
    ground: Ground, staff: Client, document: str, values: dict[str, Any], quantity: int
) -> None:
    [error] = await staff.refused(document, **ground.filled(values, "lines.quantity", quantity))
    assert (error["code"], error["path"]) == ("INVALID_QUANTITY", ["input", "lines", "0", "quantity"])


@pytest.mark.parametrize("delta", [-INT_MAX - 1, -MILLION - 1, 0, MILLION + 1, INT_MAX])
async def test_a_correction_that_cannot_be(ground: Ground, staff: Client, delta: int) -> None:
    values = {"sku": "<sku>", "locationId": "<place>", "delta": delta, "reason": "COUNT"}
    [error] = await staff.refused(ask.STOCK_ADJUST, **ground.filled(values))
    assert (error["code"], error["path"]) == ("INVALID_QUANTITY", ["input", "delta"])


async def test_more_than_there_is_says_how_much_there_is(ground: Ground, staff: Client) -> None:
    adjusted = {"sku": "<sku>", "locationId": "<place>", "delta": -19, "reason": "DAMAGE"}
    [error] = await staff.refused(ask.STOCK_ADJUST, **ground.filled(adjusted))
    assert (error["code"], error["requested"], error["available"]) == ("INSUFFICIENT_STOCK", 19, 18)
    sent = {"fromLocationId": "<place>", "toLocationId": "<store>", "lines": [{"sku": "<sku>", "quantity": 19}]}
    [error] = await staff.refused(ask.TRANSFER_CREATE, **ground.filled(sent))
    assert (error["code"], error["requested"], error["available"]) == ("INSUFFICIENT_STOCK", 19, 18)


@pytest.mark.parametrize("quantity", [2**31, -(2**31) - 1, 2**63, 1e400, 1.5, "1", True, None, [], {}])
async def test_a_quantity_that_is_no_int(ground: Ground, shopper: Client, quantity: Any) -> None:
    lines = [{"sku": ground.known["sku"], "quantity": quantity}]
    response = await shopper.post(ask.CART_LINES_ADD, {"input": {"cartId": ground.known["cart"], "lines": lines}})
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}


async def test_an_empty_cart_is_no_order(ground: Ground, shopper: Client) -> None:
    cart_id = ground.known["empty"]
    [error] = await shopper.refused(ask.CHECKOUT, cartId=cart_id, **CARD)
    assert error["code"] == "CART_EMPTY"


@pytest.mark.parametrize("count", [101, 10_000])
async def test_a_cart_with_too_many_lines(ground: Ground, shopper: Client, count: int) -> None:
    lines = [{"sku": ground.known["sku"], "quantity": 1}] * count
    for document, values in ((ask.CART_CREATE, {}), (ask.CART_LINES_ADD, {"cartId": ground.known["cart"]})):
        [error] = await shopper.refused(document, lines=lines, **values)
        assert (error["code"], error["limit"]) == ("CART_TOO_LARGE", 100)


@pytest.mark.parametrize("postal_code", POSTAL_CODES)
async def test_a_malformed_postal_code(ground: Ground, shopper: Client, postal_code: str) -> None:
    near = {"postalCode": postal_code}
    for document, variables in (
        (ask.AVAILABILITY, {"sku": ground.known["sku"], "near": near}),
        (ask.OPTIONS, {"cartId": ground.known["cart"], "near": near}),
        ("query ($near: NearInput) { locations(near: $near) { totalCount } }", {"near": near}),
    ):
        assert (await shopper.error(document, variables))["code"] == "INVALID_POSTAL_CODE"
    home = {**HOME, "address": {**ask.HOME, "postalCode": postal_code}}
    [error] = await shopper.refused(ask.CART_DELIVERY_SET, **ground.filled({**CART, **LINES, **home}))
    assert (error["code"], error["path"]) == ("INVALID_POSTAL_CODE", ["input", "address", "postalCode"])


@pytest.mark.parametrize(
    ("document", "values"),
    [
        (ask.CART_LINES_ADD, SOME),
        (ask.CART_LINES_UPDATE, {"lines": [{"lineId": "<expiredLine>", "quantity": 1}]}),
        (ask.CART_LINES_REMOVE, {"lineIds": ["<expiredLine>"]}),
        (ask.CART_DELIVERY_SET, {"lineIds": ["<expiredLine>"], **HOME}),
        (ask.CHECKOUT, CARD),
    ],
    ids=["add", "update", "remove", "delivery", "checkout"],
)
async def test_an_expired_cart(ground: Ground, shopper: Client, document: str, values: dict[str, Any]) -> None:
    [error] = await shopper.refused(document, cartId=ground.known["expired"], **ground.filled(values))
    assert error["code"] == "CART_EXPIRED"


@pytest.mark.parametrize("currency", ["USD", "jpy", "", "円", "XXX", "\u0000"])
async def test_an_unknown_currency(ground: Ground, shopper: Client, currency: str) -> None:
    [error] = await shopper.refused(ask.CART_CREATE, currency=currency)
    assert (error["code"], error["accepted"]) == ("UNKNOWN_CURRENCY", "JPY")
