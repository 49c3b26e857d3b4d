"""Goods wait at a partner's point: the company's key moves its own jobs on, and sees nothing else."""

from typing import Any

import pytest

from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import code_of, movements, order_to_point, ship
from tests.scenarios.shop import Shop


@pytest.fixture
def companies(hoshi: Client, hako: Client) -> tuple[Client, Client]:
    """The konbini chain and the locker company."""
    return hoshi, hako


async def jobs_of(partner: Client, order: dict[str, Any], shopper: Client) -> list[dict[str, Any]]:
    """The pickups of an order that a partner sees in its list."""
    of_order = {pickup["id"] for pickup in (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]}
    return [job for job in (await partner.ask(ask.PICKUPS))["nodes"] if job["id"] in of_order]


@pytest.mark.parametrize("point", ["HOSHI-1", "HAKO-1"])
async def test_a_partner_hands_over_what_was_sent_to_its_point(
    shop: Shop, shopper: Client, staff: Client, companies: tuple[Client, Client], point: str
) -> None:
    partner, other = companies if point == "HOSHI-1" else reversed(companies)
    sku = await shop.goods(EAST=2)
    order = await order_to_point(shopper, shop, sku, point)
    await ship(staff, order)

    [job] = await jobs_of(partner, order, shopper)
    assert (job["status"], job["location"]["code"]) == ("IN_TRANSIT_TO_POINT", point)
    assert job["lines"] == [{"sku": sku, "quantity": 1}]
    assert job["order"] is None or job["order"]["id"] != order["id"]
    assert await jobs_of(other, order, shopper) == []
    assert await other.ask(ask.PICKUP, id=job["id"]) is None

    arrival = {"pickupId": job["id"], "kind": "ARRIVED", "idempotencyKey": f"arrived {job['id']}"}
    arrived, again = await partner.do(ask.REPORT, **arrival), await partner.do(ask.REPORT, **arrival)
    assert (arrived["replayed"], again["replayed"]) == (False, True)
    assert arrived["pickup"] == again["pickup"] == {"status": "READY", "isVerified": False, "isLocked": False}

    seen = await partner.ask(ask.PICKUP, id=job["id"])
    assert seen == {"status": "READY", "code": None, "failedAttempts": None}
    code = await code_of(shopper, order)
    wrong = await partner.refused(ask.VERIFY, pickupId=job["id"], code="x" + code)
    assert [(error["code"], error["remainingAttempts"]) for error in wrong] == [("PICKUP_CODE_INVALID", 4)]
    await partner.do(ask.VERIFY, pickupId=job["id"], code=code)
    collected = await partner.do(ask.REPORT, pickupId=job["id"], kind="COLLECTED")
    assert collected["pickup"]["status"] == "COLLECTED"

    done = await shopper.ask(ask.ORDER, id=order["id"])
    assert (done["status"], done["fulfillmentStatus"]) == ("COMPLETED", "FULFILLED")
    assert [kind for kind, *_ in await movements(staff, sku)] == [
        "RECEIVED",
        "RESERVED",
        "RESERVATION_ALLOCATED",
        "SHIPPED",
    ]


async def test_another_company_can_do_nothing_to_it(
    shop: Shop, shopper: Client, staff: Client, hoshi: Client, hako: Client
) -> None:
    order = await order_to_point(shopper, shop, await shop.goods(EAST=1), "HAKO-1")
    await ship(staff, order)
    [job] = await jobs_of(hako, order, shopper)
    for kind in ("ARRIVED", "COLLECTED", "EXPIRED"):
        assert [error["code"] for error in await hoshi.refused(ask.REPORT, pickupId=job["id"], kind=kind)] == [
            "NOT_FOUND"
        ]
    errors = await hoshi.refused(ask.VERIFY, pickupId=job["id"], code="123456")
    assert [error["code"] for error in errors] == ["NOT_FOUND"]
    assert (await hako.ask(ask.PICKUP, id=job["id"]))["status"] == "IN_TRANSIT_TO_POINT"


async def test_what_nobody_collects_is_reported(shop: Shop, shopper: Client, staff: Client, hako: Client) -> None:
    order = await order_to_point(shopper, shop, await shop.goods(EAST=1), "HAKO-1")
    await ship(staff, order)
    [job] = await jobs_of(hako, order, shopper)
    await hako.do(ask.REPORT, pickupId=job["id"], kind="ARRIVED")
    code = await code_of(shopper, order)
    expired = await hako.do(ask.REPORT, pickupId=job["id"], kind="EXPIRED", reason="POINT_FAULT")
    assert expired["pickup"]["status"] == "EXPIRED"
    late = await hako.refused(ask.VERIFY, pickupId=job["id"], code=code)
    assert [(error["code"], error["currentStatus"]) for error in late] == [("INVALID_TRANSITION", "EXPIRED")]
    [pickup] = (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]
    assert (pickup["status"], pickup["code"]) == ("EXPIRED", None)


async def test_a_partners_key_opens_nothing_but_its_jobs(shop: Shop, shopper: Client, hako: Client) -> None:
    sku = await shop.goods(EAST=2)
    order = await order_to_point(shopper, shop, sku, "HOSHI-1")

    assert (await hako.raw(ask.ORDER, {"id": order["id"]}))["data"]["order"] is None
    for document, variables in (
        (ask.WORK, {}),
        (ask.MOVEMENTS, {"sku": sku}),
        (
            ask.STOCK_ADJUST,
            {"input": {"sku": sku, "locationId": "x", "delta": 1, "reason": "FOUND", "idempotencyKey": "k"}},
        ),
        (ask.ORDER_CANCEL, {"input": {"orderId": order["id"], "idempotencyKey": "k"}}),
        (ask.MARK_READY, {"input": {"pickupId": "x"}}),
    ):
        assert (await hako.error(document, variables))["code"] == "FORBIDDEN"

    assert (await shopper.ask(ask.ORDER, id=order["id"]))["status"] == "PLACED"
