"""What goes wrong at points and counters, told to the end: broken doors, late reports, nobody comes."""

from datetime import timedelta
from typing import Any, Final

from app.kit.clock import utc_now
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import all_work, code_of, movements, order_to_point, order_to_store, ship, work_of
from tests.scenarios.serving import until
from tests.scenarios.shop import Shop

EXTEND: Final = ask.about_pickup("pickupExtend")
COLLECTOR: Final = ask.about_pickup("pickupCollectorSet")
TAKE_BACK: Final = ask.about_pickup("pickupTakeBack")
REJECT: Final = ask.mutation("workReject", "workInstruction { status }")
CASES: Final = """query { exceptionCases(first: 100) { nodes {
    id kind subjectId order { number } remedies { mutation input }
} } }"""


async def _sent(shop: Shop, shopper: Client, staff: Client, point: str) -> tuple[str, dict[str, Any], str]:
    """An order whose parcel is on its way: its SKU, itself, its pickup's id."""
    sku = await shop.goods(EAST=3)
    order = await order_to_point(shopper, shop, sku, point)
    await ship(staff, order)
    [pickup] = (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]
    return sku, order, pickup["id"]


async def _cases(staff: Client, order: dict[str, Any]) -> list[str]:
    found = (await staff.ask(CASES))["nodes"]
    return [case["kind"] for case in found if case["order"] == {"number": order["number"]}]


async def test_nobody_comes_to_the_konbini_and_the_goods_are_sold_to_others(
    shop: Shop, shopper: Client, staff: Client, hoshi: Client
) -> None:
    sku, order, pickup_id = await _sent(shop, shopper, staff, "HOSHI-1")
    await hoshi.do(ask.REPORT, pickupId=pickup_id, kind="ARRIVED")
    await hoshi.do(ask.REPORT, pickupId=pickup_id, kind="EXPIRED", reason="BUYER_DECLINED")
    waiting = await shopper.ask(ask.ORDER, id=order["id"])
    assert (waiting["status"], waiting["pickups"][0]["status"]) == ("PLACED", "EXPIRED")
    await hoshi.do(ask.REPORT, pickupId=pickup_id, kind="RETURN_SENT", returnTrackingNumber="R-1")
    [inspection] = await work_of(staff, order, "RETURN_INSPECT")
    assert (inspection["status"], inspection["location"]["code"]) == ("OPEN", "EAST")
    await staff.do(TAKE_BACK, pickupId=pickup_id)
    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["paymentStatus"], done["pickups"][0]["status"]) == ("CANCELED", "VOIDED", "RETURNED")
    assert [kind for kind, *_ in await movements(staff, sku)] == [
        "RECEIVED",
        "RESERVED",
        "RESERVATION_ALLOCATED",
        "SHIPPED",
        "RETURNED",
    ]
    seen = await shopper.ask(ask.AVAILABILITY, sku=sku, near=ask.NEAR_SHIBUYA)
    assert seen["availability"]["available"] == 3
    assert [node["status"] for node in await all_work(staff) if node["orderNumber"] == order["number"]] == ["DONE"] * 3


async def test_a_compartment_breaks_with_the_goods_in_it_and_is_mended(
    shop: Shop, shopper: Client, staff: Client, hako: Client
) -> None:
    _, order, pickup_id = await _sent(shop, shopper, staff, "HAKO-1")
    began = utc_now()
    await hako.do(ask.REPORT, pickupId=pickup_id, kind="ARRIVED", compartment="A1")
    code = await code_of(shopper, order)
    await hako.do(ask.REPORT, pickupId=pickup_id, kind="BLOCKED", note="door does not open")
    [pickup] = (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]
    assert (pickup["status"], pickup["code"]) == ("ARRIVED", None)
    assert await _cases(staff, order) == ["BLOCKED_AT_POINT"]
    [refusal] = await hako.refused(ask.VERIFY, pickupId=pickup_id, code=code)
    assert refusal["code"] == "INVALID_TRANSITION"
    await hako.do(ask.REPORT, pickupId=pickup_id, kind="READY", compartment="B4")
    assert await _cases(staff, order) == []
    await hako.do(ask.VERIFY, pickupId=pickup_id, code=code)
    collected = await hako.do(ask.REPORT, pickupId=pickup_id, kind="COLLECTED")
    assert collected["pickup"]["status"] == "COLLECTED"
    # The same device remembers something that it had not sent: it changes nothing any more.
    late = began + timedelta(milliseconds=1)
    await hako.do(ask.REPORT, pickupId=pickup_id, kind="ARRIVED", occurredAt=late.isoformat())
    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["pickups"][0]["status"]) == ("COMPLETED", "COLLECTED")


async def test_everything_is_reported_before_the_shop_knows_that_the_parcel_left(
    shop: Shop, shopper: Client, staff: Client, hoshi: Client
) -> None:
    order = await order_to_point(shopper, shop, await shop.goods(EAST=1), "HOSHI-1")
    await work_of(staff, order, "PICK", "SHIP")
    [pickup] = (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]
    arrived = utc_now()
    await hoshi.do(ask.REPORT, pickupId=pickup["id"], kind="COLLECTED")
    await hoshi.do(ask.REPORT, pickupId=pickup["id"], kind="ARRIVED", occurredAt=arrived.isoformat())
    assert await _cases(staff, order) == ["REPORTED_BEFORE_SHIPMENT"]
    await ship(staff, order)
    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["pickups"][0]["status"]) == ("COMPLETED", "COLLECTED")
    assert await _cases(staff, order) == ["COLLECTED_WITHOUT_CODE"]


async def test_somebody_else_collects_at_the_store(shop: Shop, shopper: Client, shibuya: Client) -> None:
    order = await order_to_store(shopper, shop, await shop.goods(SHIBUYA=1), 1, "SHIBUYA")
    [preparing] = await work_of(shibuya, order, "PREPARE_PICKUP")
    pickup_id = preparing["fulfillment"]["pickup"]["id"]
    await shibuya.do(ask.MARK_READY, pickupId=pickup_id)
    buyers = await code_of(shopper, order)
    await shopper.do(COLLECTOR, pickupId=pickup_id, orderId=order["id"], name="次郎")
    theirs = await code_of(shopper, order)
    [wrong] = await shibuya.refused(ask.VERIFY, pickupId=pickup_id, code=buyers)
    assert wrong["code"] == "PICKUP_CODE_INVALID"
    seen = await shibuya.ask("query ($id: ID!) { pickup(id: $id) { collectorName } }", id=pickup_id)
    assert seen == {"collectorName": "次郎"}
    await shibuya.do(ask.VERIFY, pickupId=pickup_id, code=theirs)
    await shibuya.do(ask.HAND_OVER, pickupId=pickup_id)
    assert (await shopper.ask(ask.ORDER, id=order["id"]))["status"] == "COMPLETED"


async def test_a_store_rejects_and_another_one_serves(shop: Shop, shopper: Client, staff: Client) -> None:
    sku = await shop.goods(SHIBUYA=1, UENO=1)
    order = await order_to_store(shopper, shop, sku, 1, "SHIBUYA")
    [preparing] = await work_of(staff, order, "PREPARE_PICKUP")
    assert preparing["location"]["code"] == "SHIBUYA"
    await staff.do(REJECT, workInstructionId=preparing["id"], reason="NOT_IN_STOCK")

    async def moved() -> list[dict[str, Any]] | None:
        now = await shopper.ask(ask.ORDER, id=order["id"])
        found = now["lines"][0]["allocations"]
        return found if [place["location"]["code"] for place in found] == ["UENO"] else None

    assert await until(moved) == [{"quantity": 1, "location": {"code": "UENO"}}]
    [transfer] = await work_of(staff, order, "TRANSFER")
    assert transfer["location"]["code"] == "UENO"
    assert (await shopper.ask(ask.ORDER, id=order["id"]))["status"] == "PLACED"


async def test_more_time_is_told_to_the_point(shop: Shop, shopper: Client, staff: Client, hako: Client) -> None:
    _, order, pickup_id = await _sent(shop, shopper, staff, "HAKO-1")
    await hako.do(ask.REPORT, pickupId=pickup_id, kind="ARRIVED")
    await shopper.do(EXTEND, pickupId=pickup_id, orderId=order["id"])
    seen = await hako.ask("query ($id: ID!) { pickup(id: $id) { holdUntil reports { kind } } }", id=pickup_id)
    assert [report["kind"] for report in seen["reports"]] == ["ARRIVED", "EXTENDED"]
    assert await _cases(staff, order) == []
    await hako.do(ask.REPORT, pickupId=pickup_id, kind="EXPIRED")
    assert await _cases(staff, order) == ["EXPIRED_TOO_EARLY"]
