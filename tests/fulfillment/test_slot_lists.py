"""Slots on pickups, orders and work, and what people and buyers ask of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, booked
from tests.conftest import NOW, Execute, keyed
from tests.fulfillment.builders import STAFF, Shop
from tests.fulfillment.slots import slot_shop
from tests.fulfillment.test_reschedule_pickup import WEDNESDAY, collected_in_slot, one_more

LIST = """query ($store: ID, $from: DateTime, $until: DateTime, $status: PickupStatus, $first: Int, $after: String) {
  pickups(locationId: $store, slotFrom: $from, slotUntil: $until, status: $status, first: $first, after: $after) {
    nodes { slot { begins ends } orderNumber } pageInfo { hasNextPage endCursor } } }"""
WORK = """{ workInstructions(kinds: [PREPARE_PICKUP]) { nodes { dueAt slot { begins } } } }"""
ORDER = "query ($id: ID!) { order(id: $id) { deliveries { slot { begins ends } pickup { slot { begins } } } } }"
PLAN = """query ($store: ID!, $begins: DateTime, $ends: DateTime) {
  pickupSlotPlan(locationId: $store, begins: $begins, ends: $ends) { location { code } leadMinutes isRequired version
    week { weekday windows { begins ends capacity } } days { day windows { begins } }
    slots { begins ends capacity booked } } }"""
SAVE = """mutation ($input: PickupSlotsSaveInput!) { pickupSlotsSave(input: $input) { replayed
  plan { version leadMinutes transferDays daysAhead isRequired slots { begins capacity booked } }
  overbooked { begins capacity booked } userErrors { code path } } }"""
MOVE = """mutation ($input: PickupRescheduleInput!) { pickupReschedule(input: $input) { replayed
  pickup { slot { begins } } userErrors { code path ... on SlotFullError { slots { begins } } } } }"""
FREE = (
    "query ($id: ID!, $order: ID) { pickupRescheduleSlots(pickupId: $id, orderId: $order, first: 2) { begins left } }"
)
KEY = Actor(
    ActorKind.STAFF, "key:all", frozenset({"fulfillment:read", "fulfillment:write", "locations:write", "orders:read"})
)


def at(*instants: Any) -> list[str]:
    return [one.isoformat() for one in instants]


async def several(db: Database, count: int = 3) -> Shop:
    shop = await slot_shop(db, 9)
    for begins in [TUESDAY, TEN, None, TWELVE, TEN][:count]:
        await one_more(db, shop, begins)
    return shop


async def test_pickups_in_the_order_of_their_slots(db: Database, execute: Execute) -> None:
    shop = await several(db, 5)
    given: dict[str, Any] = {"store": global_id("Location", shop.store), "from": at(NOW)[0], "first": 3}
    first = (await execute(LIST, given, actor=STAFF))["pickups"]
    assert [one["slot"]["begins"] for one in first["nodes"]] == at(TEN, TEN, TWELVE)
    assert first["pageInfo"]["hasNextPage"]
    given["after"] = first["pageInfo"]["endCursor"]
    last = (await execute(LIST, given, actor=STAFF))["pickups"]
    assert [one["slot"] for one in last["nodes"]] == [{"begins": at(TUESDAY)[0], "ends": at(TUESDAY + 2 * HOUR)[0]}]
    assert not last["pageInfo"]["hasNextPage"]
    span = {"from": at(TWELVE)[0], "until": at(TUESDAY)[0]}
    assert [one["slot"]["begins"] for one in (await execute(LIST, span, actor=STAFF))["pickups"]["nodes"]] == at(TWELVE)
    assert (await execute(LIST, {**span, "status": "READY"}, actor=STAFF))["pickups"]["nodes"] == []
    everyone = (await execute(LIST, {}, actor=STAFF))["pickups"]["nodes"]
    assert [one["slot"] and one["slot"]["begins"] for one in everyone] == [
        *at(TUESDAY, TEN),
        None,
        *at(TWELVE, TEN),
    ]
    elsewhere = Actor(STAFF.kind, "key:x", STAFF.scopes, location_ids=frozenset({shop.warehouse}))
    assert (await execute(LIST, span, actor=elsewhere))["pickups"]["nodes"] == []
    assert (await execute(LIST, span, actor=shop.partner))["pickups"]["nodes"] == []
    failed = await execute.raw(LIST, {**given, "after": "x"}, actor=STAFF)
    assert [error.extensions["code"] for error in failed.errors] == ["INVALID_INPUT"]


async def test_slots_cost_one_statement_whatever_the_number(
    db: Database, execute: Execute, count_statements: Callable[[], Any]
) -> None:
    shop = await several(db, 2)
    totals: list[list[int]] = []
    for _ in range(2):
        totals.append([])
        for document, variables in ((LIST, {"from": at(NOW)[0]}), (LIST, {}), (WORK, {})):
            with count_statements() as counted:
                await execute(document, variables, actor=STAFF)
            totals[-1].append(counted.total)
        for begins in (TWELVE, WEDNESDAY, TEN):
            await one_more(db, shop, begins)
    assert totals[0] == totals[1]


async def test_work_and_order_show_the_slot(db: Database, execute: Execute) -> None:
    _, order_id, _ = await collected_in_slot(db)
    slot = {"begins": at(TEN)[0], "ends": at(TWELVE)[0]}
    assert (await execute(WORK, actor=STAFF))["workInstructions"]["nodes"] == [
        {"dueAt": at(TEN)[0], "slot": {"begins": at(TEN)[0]}}
    ]
    assert (await execute(ORDER, {"id": global_id("Order", order_id)}))["order"]["deliveries"] == [
        {"slot": slot, "pickup": {"slot": {"begins": at(TEN)[0]}}}
    ]


def moved(pickup_id: UUID, begins: Any, order_id: UUID | None = None, **given: Any) -> dict[str, Any]:
    named = {} if order_id is None else {"orderId": global_id("Order", order_id)}
    return keyed({"pickupId": global_id("Pickup", pickup_id), "slotBegins": begins.isoformat(), **named, **given})


async def test_the_buyer_asks_and_moves_once_by_each_key(db: Database, execute: Execute) -> None:
    _, order_id, pickup = await collected_in_slot(db, 1)
    asked = {"id": global_id("Pickup", pickup.id), "order": global_id("Order", order_id)}
    assert (await execute(FREE, asked))["pickupRescheduleSlots"] == [
        {"begins": begins, "left": 1} for begins in at(TWELVE, TUESDAY)
    ]
    given = moved(pickup.id, TWELVE, order_id)
    answer = (await execute(MOVE, given))["pickupReschedule"]
    assert answer == {"replayed": False, "pickup": {"slot": {"begins": at(TWELVE)[0]}}, "userErrors": []}
    await execute(MOVE, moved(pickup.id, TUESDAY, order_id))
    assert (await execute(MOVE, given))["pickupReschedule"]["replayed"]
    assert await booked(db) == {pickup.delivery_id: TUESDAY}
    assert (await execute(FREE, {"id": asked["id"]}, actor=STAFF))["pickupRescheduleSlots"][0]["begins"] == at(TEN)[0]
    for wrong in ({"id": asked["id"]}, {**asked, "order": global_id("Order", pickup.id)}):
        failed = await execute.raw(FREE, wrong)
        assert [error.extensions["code"] for error in failed.errors] == ["NOT_FOUND"]
    reader = Actor(ActorKind.STAFF, "key:none", frozenset({"orders:read"}))
    for document, variables in ((FREE, asked), (MOVE, moved(pickup.id, TEN, order_id))):
        failed = await execute.raw(document, variables, actor=reader)
        assert [error.extensions["code"] for error in failed.errors] == ["FORBIDDEN"]
    full = (await execute(MOVE, moved(pickup.id, TEN - HOUR, order_id)))["pickupReschedule"]
    assert [(one["code"], one["path"]) for one in full["userErrors"]] == [("SLOT_NOT_OFFERED", ["input", "slotBegins"])]


def plan_input(shop: Shop, capacity: int = 2, **given: Any) -> dict[str, Any]:
    windows = [{"begins": "10:00", "ends": "12:00", "capacity": capacity}]
    return keyed(
        {
            "locationId": global_id("Location", shop.store),
            "week": [{"weekday": "MONDAY", "windows": windows}, {"weekday": "TUESDAY", "windows": []}],
            "leadMinutes": 60,
            **given,
        }
    )


async def test_staff_plan_and_see_who_comes(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db, 3)
    for begins in (TEN, TEN, TWELVE):
        await one_more(db, shop, begins)
    given = plan_input(shop, 1, days=[{"day": "2026-12-31", "windows": []}, {"day": "2026-11-30", "windows": []}])
    answer = (await execute(SAVE, given, actor=KEY))["pickupSlotsSave"]
    assert answer["overbooked"] == [
        {"begins": at(TEN)[0], "capacity": 1, "booked": 2},
        {"begins": at(TWELVE)[0], "capacity": 0, "booked": 1},
    ]
    plan = answer["plan"]
    assert (plan["version"], plan["transferDays"], plan["daysAhead"], plan["isRequired"]) == (2, 3, 14, True)
    assert [(one["begins"], one["capacity"], one["booked"]) for one in plan["slots"][:3]] == [
        (at(TEN)[0], 1, 2),
        (at(TWELVE)[0], 0, 1),
        (at(TEN + timedelta(days=14))[0], 1, 0),
    ]
    replay = (await execute(SAVE, given, actor=KEY))["pickupSlotsSave"]
    assert (replay["replayed"], replay["overbooked"]) == (True, answer["overbooked"])
    store = global_id("Location", shop.store)
    shown = (await execute(PLAN, {"store": store}, actor=KEY))["pickupSlotPlan"]
    assert shown["week"] == [{"weekday": "MONDAY", "windows": [{"begins": "10:00", "ends": "12:00", "capacity": 1}]}]
    assert [one["day"] for one in shown["days"]] == ["2026-11-30", "2026-12-31"]
    assert [(one["capacity"], one["booked"]) for one in shown["slots"]] == [(1, 2), (0, 1)]
    span = {"store": store, "begins": at(TEN)[0], "ends": at(TWELVE)[0]}
    assert [one["booked"] for one in (await execute(PLAN, span, actor=KEY))["pickupSlotPlan"]["slots"]] == [2]
    bare = {"store": global_id("Location", shop.other_store)}
    assert (await execute(PLAN, bare, actor=KEY)) == {"pickupSlotPlan": None}
    for ends in (TEN, TEN + timedelta(days=101)):
        failed = await execute.raw(PLAN, {"store": store, "begins": at(TEN)[0], "ends": at(ends)[0]}, actor=KEY)
        assert [error.extensions["code"] for error in failed.errors] == ["INVALID_INPUT"]


async def test_plans_that_cannot_be_saved(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db)
    windows = [{"begins": "10:00", "ends": "12:00", "capacity": 1}]
    twice = {"weekday": "MONDAY", "windows": windows}
    day = {"day": "2026-12-31", "windows": windows}
    cases = [
        ({"week": [twice, twice]}, ["input", "week", "1", "weekday"]),
        ({"days": [day, day]}, ["input", "days", "1", "day"]),
        ({"days": [{"day": f"2027-01-{one % 28 + 1:02}", "windows": []} for one in range(101)]}, ["input", "days"]),
        (
            {"week": [{"weekday": "MONDAY", "windows": [{**windows[0], "capacity": 0}]}]},
            ["input", "week", "0", "windows"],
        ),
        ({"leadMinutes": 5000}, ["input", "leadMinutes"]),
        ({"locationId": global_id("Location", shop.warehouse)}, ["input", "locationId"]),
        ({"locationId": global_id("Location", 999_999)}, ["input", "locationId"]),
    ]
    for given, path in cases:
        answer = (await execute(SAVE, plan_input(shop, **given), actor=KEY))["pickupSlotsSave"]
        assert (answer["plan"], [one["path"] for one in answer["userErrors"]]) == (None, [path])
    limited = Actor(KEY.kind, "key:y", KEY.scopes, location_ids=frozenset({shop.warehouse}))
    answer = (await execute(SAVE, plan_input(shop), actor=limited))["pickupSlotsSave"]
    assert [one["code"] for one in answer["userErrors"]] == ["NOT_FOUND"]
