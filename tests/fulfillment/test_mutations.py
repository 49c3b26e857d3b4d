"""What people and partners report, through the schema."""

from dataclasses import replace
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from tests.conftest import Execute, keyed
from tests.fulfillment.builders import STAFF, home, konbini_pickup, make_partner, planned_order, store_pickup
from tests.fulfillment.views import (
    code_of,
    everything,
    fulfillments_of,
    make_arrived,
    make_ready,
    order_states,
    pickup_of,
    ship_all,
    stock_of,
    work_rows,
    wrong_code_of,
)

ERRORS = """userErrors {
  __typename code path message
  ... on InvalidTransitionError { currentStatus }
  ... on PickupCodeInvalidError { remainingAttempts }
  ... on PickupStillHeldError { holdUntil }
}"""
SHIP = f"""mutation ($input: ShipmentCreateInput!) {{ shipmentCreate(input: $input) {{
  replayed shipment {{ id carrier trackingNumber order {{ status }} }} fulfillment {{ status }} {ERRORS}
}} }}"""
CANCEL = f"""mutation ($input: OrderCancelInput!) {{ orderCancel(input: $input) {{
  replayed order {{ status paymentStatus }} {ERRORS}
}} }}"""
COMPLETE = f"""mutation ($input: WorkCompleteInput!) {{ workComplete(input: $input) {{
  workInstruction {{ kind status completedBy }} {ERRORS}
}} }}"""
STEPS = ("MarkReady", "CodeVerify", "CodeUnlock", "HandOver", "Expire", "Report")


def _step(name: str) -> str:
    return f"""mutation ($input: Pickup{name}Input!) {{ pickup{name}(input: $input) {{
      replayed pickup {{ status code isLocked isVerified failedAttempts }} {ERRORS}
    }} }}"""


async def _do(execute: Execute, name: str, pickup: Any, actor: Actor = STAFF, **values: Any) -> Any:
    """The payload of a step of a pickup."""
    variables = keyed({"pickupId": global_id("Pickup", pickup.id), **values})
    return (await execute(_step(name), variables, actor=actor))[f"pickup{name}"]


async def test_a_store_prepares_verifies_and_hands_over(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, store_pickup, payment="PAY_AT_PICKUP")
    pickup = await pickup_of(db, order_id)
    ready = await _do(execute, "MarkReady", pickup)
    assert ready["pickup"] == {
        "status": "READY", "code": None, "isLocked": False, "isVerified": False, "failedAttempts": 0,
    }  # fmt: skip
    early = await _do(execute, "HandOver", pickup)
    assert [error["__typename"] for error in early["userErrors"]] == ["PickupCodeNotVerifiedError"]
    wrong = await _do(execute, "CodeVerify", pickup, code=wrong_code_of(pickup))
    [error] = wrong["userErrors"]
    assert (error["__typename"], error["code"], error["remainingAttempts"], error["path"]) == (
        "PickupCodeInvalidError",
        "PICKUP_CODE_INVALID",
        4,
        ["input", "code"],
    )
    assert wrong["pickup"]["failedAttempts"] == 1
    right = await _do(execute, "CodeVerify", pickup, code=code_of(pickup))
    assert right["userErrors"] == []
    assert right["pickup"]["isVerified"] is True
    done = await _do(execute, "HandOver", pickup)
    assert (done["pickup"]["status"], done["userErrors"]) == ("COLLECTED", [])
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")


async def test_a_partner_reports_arrival_and_collection(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    for name, values, status in (
        ("Report", {"kind": "ARRIVED"}, "READY"),
        ("CodeVerify", {"code": code_of(pickup)}, "READY"),
        ("Report", {"kind": "COLLECTED"}, "COLLECTED"),
    ):
        payload = await _do(execute, name, pickup, shop.partner, **values)
        assert payload["userErrors"] == []
        assert (payload["pickup"]["status"], payload["pickup"]["code"]) == (status, None)


async def test_a_repeated_report_changes_nothing(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    values = {"kind": "ARRIVED", "idempotencyKey": "arrival-1"}
    first = await _do(execute, "Report", pickup, shop.partner, **values)
    before = await everything(db)
    again = await _do(execute, "Report", pickup, shop.partner, **values)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["pickup"] == first["pickup"]
    other = await _do(execute, "Report", pickup, shop.partner, **values | {"kind": "COLLECTED"})
    assert [(error["code"], error["path"]) for error in other["userErrors"]] == [
        ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])
    ]
    assert await everything(db) == before


async def test_a_wrong_code_sent_twice_with_one_key_counts_once(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    for replayed in (False, True, True):
        payload = await _do(execute, "CodeVerify", pickup, code="abc", idempotencyKey="try-1")
        assert payload["replayed"] is replayed
        assert [error["remainingAttempts"] for error in payload["userErrors"]] == [4]
    assert (await pickup_of(db, order_id)).failed_attempts == 1


async def test_five_wrong_codes_lock_until_staff_unlocks(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    for _ in range(5):
        await _do(execute, "CodeVerify", pickup, shop.partner, code=wrong_code_of(pickup))
    refused = await _do(execute, "CodeVerify", pickup, shop.partner, code=code_of(pickup))
    assert [error["__typename"] for error in refused["userErrors"]] == ["PickupCodeLockedError"]
    result = await execute.raw(
        _step("CodeUnlock"), {"input": {"pickupId": global_id("Pickup", pickup.id)}}, actor=shop.partner
    )
    assert [error.extensions["code"] for error in result.errors] == ["FORBIDDEN"]
    unlocked = await _do(execute, "CodeUnlock", pickup)
    assert (unlocked["pickup"]["isLocked"], unlocked["pickup"]["failedAttempts"]) == (False, 0)
    assert code_of(await pickup_of(db, order_id)) != code_of(pickup)


@pytest.mark.parametrize("name", ["Report", "CodeVerify"])
async def test_to_another_partner_the_pickup_does_not_exist(db: Database, execute: Execute, name: str) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    async with db.write() as tx:
        other = Actor(
            kind=ActorKind.PARTNER,
            reference="key:other",
            scopes=frozenset({"partner:jobs"}),
            partner_id=await make_partner(tx, "other"),
        )
    before = await everything(db)
    values = {"code": code_of(pickup)} if name == "CodeVerify" else {"kind": "COLLECTED"}
    payload = await _do(execute, name, pickup, other, **values)
    assert payload["pickup"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("NOT_FOUND", ["input", "pickupId"])]
    assert await everything(db) == before


@pytest.mark.parametrize("name", STEPS)
async def test_shoppers_report_nothing(db: Database, execute: Execute, name: str) -> None:
    values = {"CodeVerify": {"code": "000000"}, "Report": {"kind": "ARRIVED"}}.get(name, {})
    result = await execute.raw(_step(name), keyed({"pickupId": "x", **values}))
    assert [error.extensions["code"] for error in result.errors] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("name", STEPS)
async def test_unknown_pickups_are_not_found(execute: Execute, name: str) -> None:
    values = {"CodeVerify": {"code": "000000"}, "Report": {"kind": "ARRIVED"}}.get(name, {})
    for pickup_id in ("nonsense", "", global_id("Pickup", new_id()), global_id("Order", new_id())):
        variables = keyed({"pickupId": pickup_id, **values})
        payload = (await execute(_step(name), variables, actor=STAFF))[f"pickup{name}"]
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
            ("NOT_FOUND", ["input", "pickupId"])
        ]


async def test_a_parcel_is_shipped_once_however_often_it_is_reported(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    parcel = {
        "fulfillmentId": global_id("Fulfillment", fulfillment.id),
        "carrier": "yamato",
        "trackingNumber": "1234-5678",
    }
    first = (await execute(SHIP, {"input": {**parcel, "idempotencyKey": "k"}}, actor=STAFF))["shipmentCreate"]
    assert (first["userErrors"], first["fulfillment"]) == ([], {"status": "SHIPPED"})
    assert (first["shipment"]["trackingNumber"], first["shipment"]["order"]) == ("1234-5678", {"status": "COMPLETED"})
    before = await everything(db)
    again = (await execute(SHIP, {"input": {**parcel, "idempotencyKey": "k"}}, actor=STAFF))["shipmentCreate"]
    assert (again["replayed"], again["shipment"]["id"]) == (True, first["shipment"]["id"])
    changed = {**parcel, "trackingNumber": "other", "idempotencyKey": "k"}
    reused = (await execute(SHIP, {"input": changed}, actor=STAFF))["shipmentCreate"]
    assert [error["code"] for error in reused["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    second = (await execute(SHIP, keyed(parcel), actor=STAFF))["shipmentCreate"]
    assert [error["currentStatus"] for error in second["userErrors"]] == ["SHIPPED"]
    assert await everything(db) == before
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (8, 0)


async def test_a_parcel_of_nothing_known_is_not_found(execute: Execute) -> None:
    parcel = {"fulfillmentId": global_id("Fulfillment", new_id()), "carrier": "yamato", "trackingNumber": "1"}
    payload = (await execute(SHIP, keyed(parcel), actor=STAFF))["shipmentCreate"]
    assert [error["path"] for error in payload["userErrors"]] == [["input", "fulfillmentId"]]


async def test_picked_goods_are_reported(db: Database, execute: Execute) -> None:
    await planned_order(db, home)
    [pick, _] = await work_rows(db)
    work = {"input": {"workInstructionId": global_id("WorkInstruction", pick.id)}}
    payload = (await execute(COMPLETE, work, actor=STAFF))["workComplete"]
    assert payload["workInstruction"] == {"kind": "PICK", "status": "DONE", "completedBy": "key:staff"}
    again = (await execute(COMPLETE, work, actor=STAFF))["workComplete"]
    assert [error["currentStatus"] for error in again["userErrors"]] == ["DONE"]
    nothing = {"input": {"workInstructionId": "x"}}
    payload = (await execute(COMPLETE, nothing, actor=STAFF))["workComplete"]
    assert [error["path"] for error in payload["userErrors"]] == [["input", "workInstructionId"]]


async def test_a_shopper_cancels_with_the_orders_id(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, home)
    order = {"orderId": global_id("Order", order_id), "reason": "too late", "idempotencyKey": "c"}
    first = (await execute(CANCEL, {"input": order}))["orderCancel"]
    assert (first["order"], first["userErrors"]) == ({"status": "CANCELED", "paymentStatus": "VOIDED"}, [])
    before = await everything(db)
    assert (await execute(CANCEL, {"input": order}))["orderCancel"]["replayed"] is True
    again = (await execute(CANCEL, keyed({"orderId": order["orderId"]})))["orderCancel"]
    assert (again["order"]["status"], again["userErrors"], again["replayed"]) == ("CANCELED", [], False)
    assert await everything(db) == before
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)


async def test_keys_cancel_only_with_the_scope(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    order = keyed({"orderId": global_id("Order", order_id)})
    before = await everything(db)
    for actor in (STAFF, shop.partner):
        result = await execute.raw(CANCEL, order, actor=actor)
        assert [error.extensions["code"] for error in result.errors] == ["FORBIDDEN"]
    assert await everything(db) == before
    manager = replace(STAFF, scopes=frozenset({"orders:read", "orders:write"}))
    assert (await execute(CANCEL, order, actor=manager))["orderCancel"]["order"]["status"] == "CANCELED"


async def test_what_has_left_is_not_canceled(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    payload = (await execute(CANCEL, keyed({"orderId": global_id("Order", order_id)})))["orderCancel"]
    assert [(error["code"], error["currentStatus"]) for error in payload["userErrors"]] == [
        ("INVALID_TRANSITION", "COMPLETED")
    ]


async def test_bad_cancellations_are_refused(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    known = global_id("Order", order_id)
    before = await everything(db)
    for order, code, path in (
        ({"orderId": "x"}, "NOT_FOUND", ["input", "orderId"]),
        ({"orderId": global_id("Order", new_id())}, "NOT_FOUND", ["input", "orderId"]),
        ({"orderId": known, "reason": "x" * 201}, "INVALID_INPUT", ["input", "reason"]),
        ({"orderId": known, "idempotencyKey": " "}, "INVALID_INPUT", ["input", "idempotencyKey"]),
    ):
        payload = (await execute(CANCEL, keyed(order)))["orderCancel"]
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]
        assert payload["order"] is None
    assert await everything(db) == before
