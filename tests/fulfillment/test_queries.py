"""What people, partners and shoppers see of fulfillment."""

from dataclasses import replace
from typing import Any

import pytest

from app.fulfillment.actions.plan_work import plan_work
from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SYSTEM, Actor, ActorKind
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import (
    STAFF,
    home,
    konbini_pickup,
    make_order,
    make_partner,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import (
    code_of,
    fulfillments_of,
    make_arrived,
    make_ready,
    pickup_of,
    pickups_of,
    say_code,
    ship_all,
    work_rows,
    wrong_code_of,
)

WORK = """query ($locationId: ID, $status: WorkStatus, $kinds: [WorkKind!], $first: Int! = 20, $after: String) {
  workInstructions(locationId: $locationId, status: $status, kinds: $kinds, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id kind status orderNumber dueAt completedBy
      location { code } lines { lineNo sku name quantity variant { sku } }
      transfer { number } fulfillment { kind status } order { number }
    }
  }
}"""
PICKUPS = """query ($status: PickupStatus, $locationId: ID, $first: Int! = 20) {
  pickups(status: $status, locationId: $locationId, first: $first) {
    nodes {
      number orderNumber status code isLocked isVerified failedAttempts holdUntil
      location { code } order { number } lines { sku quantity } shipments { carrier order { id } }
    }
  }
}"""
PICKUP = "query ($id: ID, $number: String) { pickup(id: $id, number: $number) { number code failedAttempts } }"
ORDER = """query ($id: ID!) {
  order(id: $id) {
    fulfillments {
      kind status location { code } lines { sku quantity } shipment { trackingNumber } workInstructions { kind }
    }
    shipments { carrier trackingNumber lines { quantity } }
    pickups { number status code failedAttempts holdUntil readyAt }
  }
}"""
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


def _kinds(data: Any) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["location"]["code"], row["status"]) for row in data["workInstructions"]["nodes"]]


async def test_a_store_sees_its_work(db: Database, execute: Execute) -> None:
    shop, _ = await planned_order(db, home, lambda shop: store_pickup(shop, units=3, source=shop.other_store))
    data = await execute(WORK, {"locationId": global_id("Location", shop.other_store)}, actor=STAFF)
    [send] = data["workInstructions"]["nodes"]
    assert (send["kind"], send["status"], send["location"]) == ("TRANSFER", "OPEN", {"code": "umeda"})
    assert [(line["sku"], line["quantity"], line["variant"]) for line in send["lines"]] == [("CAP", 3, {"sku": "CAP"})]
    assert send["transfer"]["number"] is not None
    assert send["fulfillment"] is None
    assert send["orderNumber"] == send["order"]["number"]


async def test_work_is_found_by_status_and_kind(db: Database, execute: Execute) -> None:
    await planned_order(db, home, store_pickup)
    everything = [("PICK", "wh", "OPEN"), ("SHIP", "wh", "WAITING"), ("PREPARE_PICKUP", "shibuya", "OPEN")]
    assert sorted(_kinds(await execute(WORK, actor=STAFF))) == sorted(everything)
    assert _kinds(await execute(WORK, {"status": "WAITING"}, actor=STAFF)) == [("SHIP", "wh", "WAITING")]
    found = await execute(WORK, {"kinds": ["PREPARE_PICKUP", "RECEIVE"], "status": "OPEN"}, actor=STAFF)
    assert _kinds(found) == [("PREPARE_PICKUP", "shibuya", "OPEN")]
    assert _kinds(await execute(WORK, {"kinds": []}, actor=STAFF)) == []


async def test_pages_of_work_joined_are_the_whole(db: Database, execute: Execute) -> None:
    await planned_order(db, home, store_pickup, konbini_pickup)
    whole = [row["id"] for row in (await execute(WORK, actor=STAFF))["workInstructions"]["nodes"]]
    assert len(whole) == 5
    joined: list[str] = []
    after = None
    while True:
        page = (await execute(WORK, {"first": 2, "after": after}, actor=STAFF))["workInstructions"]
        joined += [row["id"] for row in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert joined == whole


async def test_a_key_for_one_location_sees_only_the_work_there(db: Database, execute: Execute) -> None:
    shop, _ = await planned_order(db, home, store_pickup)
    at_store = replace(STAFF, location_ids=frozenset({shop.store}))
    assert _kinds(await execute(WORK, actor=at_store)) == [("PREPARE_PICKUP", "shibuya", "OPEN")]
    warehouse = global_id("Location", shop.warehouse)
    assert _kinds(await execute(WORK, {"locationId": warehouse}, actor=at_store)) == []
    [pick] = [row for row in await work_rows(db) if row.kind == "PICK"]
    node = {"id": global_id("WorkInstruction", pick.id)}
    assert (await execute(NODE, node, actor=at_store))["node"] is None
    assert (await execute(NODE, node, actor=STAFF))["node"]["__typename"] == "WorkInstruction"


@pytest.mark.parametrize("document", [WORK, PICKUPS, PICKUP])
async def test_shoppers_need_a_key(execute: Execute, document: str) -> None:
    result = await execute.raw(document, {"number": "PU-1"} if document == PICKUP else None)
    assert [error.extensions["code"] for error in result.errors] == ["UNAUTHENTICATED"]


async def test_partners_see_no_work(db: Database, execute: Execute) -> None:
    shop, _ = await planned_order(db, konbini_pickup)
    result = await execute.raw(WORK, actor=shop.partner)
    assert [error.extensions["code"] for error in result.errors] == ["FORBIDDEN"]
    [pick, _] = await work_rows(db)
    assert (await execute(NODE, {"id": global_id("WorkInstruction", pick.id)}, actor=shop.partner))["node"] is None


@pytest.mark.parametrize(
    "variables", [{"first": 0}, {"first": 101}, {"after": "nonsense"}, {"after": "WzFd"}, {"after": "WyJ4Il0"}]
)
async def test_impossible_pages_are_refused(execute: Execute, variables: dict[str, Any]) -> None:
    pickups = """query ($first: Int! = 20, $after: String) {
      pickups(first: $first, after: $after) { nodes { id } } }"""
    for document in (WORK, pickups):
        result = await execute.raw(document, variables, actor=STAFF)
        assert [error.extensions for error in result.errors] == [
            {"code": "INVALID_INPUT", "argumentPath": list(variables)}
        ]


async def test_a_pickup_is_named_in_one_way(execute: Execute) -> None:
    document = "query ($id: ID, $number: String) { pickup(id: $id, number: $number) { status } }"
    for variables in ({}, {"id": "x", "number": "PU-1"}):
        result = await execute.raw(document, variables, actor=STAFF)
        assert [error.extensions for error in result.errors] == [{"code": "INVALID_INPUT", "argumentPath": ["id"]}]


async def test_the_number_of_statements_does_not_grow_with_the_page(
    db: Database, execute: Execute, count_statements: Any
) -> None:
    shop, _ = await planned_order(db, home, lambda shop: store_pickup(shop, source=shop.other_store))
    with count_statements() as few:
        await execute(WORK, actor=STAFF)
    async with db.write() as tx:
        for _ in range(3):
            parts = (home(shop, units=1), store_pickup(shop, source=shop.other_store))
            await plan_work(tx, await make_order(tx, shop, *parts), now=NOW)
    with count_statements() as many:
        data = await execute(WORK, actor=STAFF)
    assert len(data["workInstructions"]["nodes"]) == 20
    assert many.total == few.total <= 8


async def test_a_partner_sees_its_own_pickups_and_neither_code_nor_order(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, store_pickup, konbini_pickup)
    await ship_all(db, order_id)
    [pickup] = (await execute(PICKUPS, actor=shop.partner))["pickups"]["nodes"]
    assert pickup["location"] == {"code": "kombi-1"}
    assert pickup["status"] == "IN_TRANSIT_TO_POINT"
    assert (pickup["code"], pickup["order"], pickup["failedAttempts"]) == (None, None, None)
    assert pickup["orderNumber"].startswith("HK-")
    assert pickup["shipments"] == [{"carrier": "yamato", "order": None}]
    assert [line["quantity"] for line in pickup["lines"]] == [1]


async def test_another_partner_finds_nothing_of_it(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    async with db.write() as tx:
        other = Actor(
            kind=ActorKind.PARTNER,
            reference="key:other",
            scopes=frozenset({"partner:jobs"}),
            partner_id=await make_partner(tx, "other"),
        )
    pickup = await pickup_of(db, order_id)
    assert (await execute(PICKUPS, actor=other))["pickups"]["nodes"] == []
    for variables in ({"number": pickup.number}, {"id": global_id("Pickup", pickup.id)}):
        assert (await execute(PICKUP, variables, actor=other))["pickup"] is None
    assert (await execute(NODE, {"id": global_id("Pickup", pickup.id)}, actor=other))["node"] is None


async def test_a_pickup_is_found_by_id_and_by_number_as_typed(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    for actor in (STAFF, shop.partner):
        for variables in ({"number": f" {pickup.number.lower()} "}, {"id": global_id("Pickup", pickup.id)}):
            assert (await execute(PICKUP, variables, actor=actor))["pickup"]["number"] == pickup.number
    for nothing in ({"number": "PU-1"}, {"id": global_id("Pickup", new_id())}, {"id": "x"}):
        assert (await execute(PICKUP, nothing, actor=STAFF))["pickup"] is None
    for unclear in ({}, {"id": "x", "number": "y"}):
        result = await execute.raw(PICKUP, unclear, actor=STAFF)
        assert [error.extensions["code"] for error in result.errors] == ["INVALID_INPUT"]


async def test_staff_filters_pickups(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, store_pickup, konbini_pickup)
    ready = {row.location_id: row for row in await pickups_of(db, order_id)}[shop.store]
    found = (await execute(PICKUPS, {"status": "PREPARING"}, actor=STAFF))["pickups"]["nodes"]
    assert [row["number"] for row in found] == [ready.number]
    at_point = {"locationId": global_id("Location", shop.konbini)}
    assert len((await execute(PICKUPS, at_point, actor=STAFF))["pickups"]["nodes"]) == 1
    at_store = replace(STAFF, location_ids=frozenset({shop.store}))
    assert (await execute(PICKUPS, at_point, actor=at_store))["pickups"]["nodes"] == []
    assert len((await execute(PICKUPS, actor=at_store))["pickups"]["nodes"]) == 1


async def test_only_the_holder_of_the_order_sees_the_code_and_only_while_it_is_ready(
    db: Database, execute: Execute
) -> None:
    _, order_id = await planned_order(db, store_pickup)
    order = {"id": global_id("Order", order_id)}
    assert (await execute(ORDER, order))["order"]["pickups"][0]["code"] is None
    pickup = await make_ready(db, order_id)
    [shown] = (await execute(ORDER, order))["order"]["pickups"]
    assert (shown["code"], shown["status"]) == (code_of(pickup), "READY")
    assert shown["failedAttempts"] is None
    staff = replace(STAFF, scopes=frozenset({*STAFF.scopes, "orders:read"}))
    for actor in (staff, SYSTEM):
        [hidden] = (await execute(ORDER, order, actor=actor))["order"]["pickups"]
        assert (hidden["code"], hidden["failedAttempts"]) == (None, 0)
    for _ in range(5):
        await say_code(db, pickup, wrong_code_of(pickup))
    assert (await execute(ORDER, order))["order"]["pickups"][0]["code"] is None


async def test_an_order_shows_what_left_and_no_work(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [fulfillment] = await fulfillments_of(db, order_id)
    order = (await execute(ORDER, {"id": global_id("Order", order_id)}))["order"]
    assert [(row["kind"], row["status"], row["location"]) for row in order["fulfillments"]] == [
        ("SHIP", "SHIPPED", {"code": "wh"})
    ]
    assert order["fulfillments"][0]["workInstructions"] == []
    assert order["fulfillments"][0]["shipment"] == {"trackingNumber": str(fulfillment.id)}
    assert order["shipments"] == [
        {"carrier": "yamato", "trackingNumber": str(fulfillment.id), "lines": [{"quantity": 2}]}
    ]


@pytest.mark.parametrize("typename", ["Fulfillment", "Shipment", "Pickup", "WorkInstruction"])
async def test_by_their_own_ids_shoppers_find_nothing(db: Database, execute: Execute, typename: str) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    async with db.read() as tx:
        shipment_id = await tx.connection.fetchval("SELECT id FROM shipments")
    ids = {
        "Fulfillment": (await fulfillments_of(db, order_id))[0].id,
        "Shipment": shipment_id,
        "Pickup": pickup.id,
        "WorkInstruction": (await work_rows(db))[0].id,
    }
    node = {"id": global_id(typename, ids[typename])}
    assert (await execute(NODE, node))["node"] is None
    assert (await execute(NODE, node, actor=STAFF))["node"] == {"__typename": typename, "id": node["id"]}
