"""What buyers say about their pickups, and what comes back, through the schema."""

from typing import Any

import pytest

from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import SHOPPER, Actor
from tests.conftest import Execute, keyed
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import code_of, make_arrived, make_ready, pickup_of, report, stock_of

FIELDS = "pickup { status holdUntil collectorName announcedAt curbsideNote code codePicture }"


async def _do(execute: Execute, mutation: str, actor: Actor = SHOPPER, **values: Any) -> Any:
    document = f"""mutation ($input: Pickup{mutation}Input!) {{ pickup{mutation}(input: $input) {{
      replayed {FIELDS} userErrors {{ code path ... on PickupNotExtendableError {{ holdUntil }} }} }} }}"""
    return (await execute(document, keyed(values), actor=actor))[f"pickup{mutation}"]


async def test_a_buyer_sends_somebody_else_asks_for_more_time_and_waits_outside(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    named = {"pickupId": global_id("Pickup", pickup.id), "orderId": global_id("Order", order_id)}
    sent = await _do(execute, "CollectorSet", **named, name="花子")
    assert (sent["userErrors"], sent["pickup"]["collectorName"]) == ([], "花子")
    after = await pickup_of(db, order_id)
    assert sent["pickup"]["code"] == code_of(after) != code_of(pickup)
    assert sent["pickup"]["codePicture"].startswith("<svg")
    longer = await _do(execute, "Extend", **named)
    assert longer["pickup"]["holdUntil"] > pickup.hold_until.isoformat()
    [refusal] = (await _do(execute, "Extend", **named, idempotencyKey="again"))["userErrors"]
    assert refusal == {"code": "PICKUP_NOT_EXTENDABLE", "path": None, "holdUntil": longer["pickup"]["holdUntil"]}
    here = await _do(execute, "Announce", **named, note="bay 3")
    assert (here["pickup"]["curbsideNote"], here["pickup"]["announcedAt"] is not None) == ("bay 3", True)
    seen = await execute(
        "query ($id: ID!) { pickup(id: $id) { collectorName curbsideNote code codePicture } }",
        {"id": named["pickupId"]},
        actor=STAFF,
    )
    assert seen["pickup"] == {"collectorName": "花子", "curbsideNote": "bay 3", "code": None, "codePicture": None}


@pytest.mark.parametrize("name", ["Extend", "CollectorSet", "Announce"])
async def test_a_key_needs_the_scope_and_a_stranger_the_order(db: Database, execute: Execute, name: str) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    refused = await _do(execute, name, pickupId=global_id("Pickup", pickup.id))
    assert refused["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "pickupId"]}]
    document = f"mutation ($input: Pickup{name}Input!) {{ pickup{name}(input: $input) {{ replayed }} }}"
    result = await execute.raw(document, keyed({"pickupId": global_id("Pickup", pickup.id)}), actor=shop.partner)
    assert [error.extensions["code"] for error in result.errors] == ["FORBIDDEN"]


async def test_staff_takes_back_what_a_point_sent(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, lambda shop: konbini_pickup(shop, units=3))
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, ReportKind.RETURN_SENT, actor=shop.partner, reason="NOT_ACCEPTED")
    lines = [{"lineNo": 1, "damagedQuantity": 1, "missingQuantity": 1}]
    named = {"pickupId": global_id("Pickup", pickup.id), "idempotencyKey": "back"}
    twice = await _do(execute, "TakeBack", STAFF, **named, lines=lines * 2)
    assert twice["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "lines"]}]
    for replayed in (False, True):
        payload = await _do(execute, "TakeBack", STAFF, **named, lines=lines)
        assert (payload["replayed"], payload["userErrors"], payload["pickup"]["status"]) == (replayed, [], "RETURNED")
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (8, 0)


async def test_a_key_of_one_place_takes_nothing_back_to_another(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    staff = Actor(STAFF.kind, STAFF.reference, STAFF.scopes, location_ids=frozenset({shop.konbini}))
    payload = await _do(
        execute,
        "TakeBack",
        staff,
        pickupId=global_id("Pickup", pickup.id),
        locationId=global_id("Location", shop.store),
    )
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "locationId"]}]
