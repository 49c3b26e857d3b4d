"""Purchase orders through the schema, from the draft to the last unit."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SHOPPER
from tests.conftest import keyed
from tests.inventory.builders import counters, facts
from tests.inventory.shop import READER, STAFF, Shop, fill, limited, open_shop, refusals

FIELDS = """purchaseOrder { id number status supplierName supplierReference note location { code } orderedAt closedAt
    version lines { lineNo variant { sku } quantity receivedQuantity damagedQuantity outstandingQuantity expectedOn } }
  userErrors { __typename code message path ... on OverDeliveryError { lineNo orderedQuantity receivedQuantity maximum }
    ... on InvalidTransitionError { currentStatus } ... on InvalidQuantityError { minimum maximum }
    ... on VersionConflictError { currentVersion } }"""
VERBS = ("Create", "Edit", "Place", "DatesSet", "Receive", "Close", "Cancel")
DOCUMENTS = {
    verb: f"""mutation ($input: PurchaseOrder{verb}Input!) {{
      purchaseOrder{verb}(input: $input) {{ replayed {FIELDS} }} }}"""
    for verb in VERBS
}
LEVELS = """query ($skus: [String!]) {
  stockLevels(skus: $skus, first: 9) { nodes { onHand unsellable { damaged } } } }"""
MOVED = """query ($sku: String!) { stockMovements(sku: $sku, first: 9) { nodes { kind onHandChange reason } } }"""
ALL = """query ($status: PurchaseOrderStatus, $locationId: ID, $sku: String, $first: Int! = 20, $after: String) {
  purchaseOrders(status: $status, locationId: $locationId, sku: $sku, first: $first, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""


def form(shop: Shop, *lines: tuple[str, int, str | None], **others: Any) -> dict[str, Any]:
    return {
        "locationId": shop.place("depot"),
        "supplierName": " Tanaka Textiles ",
        "lines": [{"sku": sku, "quantity": quantity, "expectedOn": day} for sku, quantity, day in lines],
        **others,
    }


async def ask(execute: Any, verb: str, values: dict[str, Any], actor: Any = STAFF) -> dict[str, Any]:
    [payload] = (await execute(DOCUMENTS[verb], keyed(values), actor=actor)).values()
    return payload


async def bought(execute: Any, shop: Shop, *lines: tuple[str, int, str | None]) -> dict[str, Any]:
    """The input of steps of a purchase order that was placed."""
    about = {"purchaseOrderId": (await ask(execute, "Create", form(shop, *lines)))["purchaseOrder"]["id"]}
    assert (await ask(execute, "Place", about))["userErrors"] == []
    return about


async def test_from_the_draft_to_the_last_unit(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    buyer = limited(shop, "depot")
    values = form(shop, ("SHIRT", 10, "2026-12-01"), ("MUG", 5, None), supplierReference="T-7", note=" spring ")
    created = await ask(execute, "Create", values, actor=buyer)
    order = created["purchaseOrder"]
    assert (created["userErrors"], created["replayed"]) == ([], False)
    assert order["number"].startswith("PO-6")
    assert (order["status"], order["supplierName"], order["supplierReference"], order["note"]) == (
        "DRAFT",
        "Tanaka Textiles",
        "T-7",
        "spring",
    )
    assert (order["location"]["code"], order["orderedAt"], order["version"]) == ("depot", None, 1)
    about = {"purchaseOrderId": order["id"]}
    lines = [{"sku": "SHIRT", "quantity": 10, "expectedOn": "2026-12-01"}, {"sku": "MUG", "quantity": 4}]
    edited = await ask(execute, "Edit", {**about, "lines": lines, "expectedVersion": 1}, actor=buyer)
    assert [line["quantity"] for line in edited["purchaseOrder"]["lines"]] == [10, 4]
    placed = await ask(execute, "Place", {**about, "expectedVersion": 2}, actor=buyer)
    assert placed["purchaseOrder"]["status"] == "ORDERED"
    assert placed["purchaseOrder"]["orderedAt"] is not None
    dated = await ask(execute, "DatesSet", {**about, "lines": [{"lineNo": 2, "expectedOn": "2027-01-05"}]}, actor=buyer)
    assert [line["expectedOn"] for line in dated["purchaseOrder"]["lines"]] == ["2026-12-01", "2027-01-05"]
    part = await ask(execute, "Receive", {**about, "lines": [{"lineNo": 1, "quantity": 6}]}, actor=buyer)
    assert part["purchaseOrder"]["status"] == "PARTIALLY_RECEIVED"
    assert part["purchaseOrder"]["lines"][0] == {
        "lineNo": 1,
        "variant": {"sku": "SHIRT"},
        "quantity": 10,
        "receivedQuantity": 6,
        "damagedQuantity": 0,
        "outstandingQuantity": 4,
        "expectedOn": "2026-12-01",
    }
    rest = await ask(execute, "Receive", about, actor=buyer)
    assert (rest["purchaseOrder"]["status"], rest["purchaseOrder"]["version"]) == ("RECEIVED", 6)
    assert rest["purchaseOrder"]["closedAt"] is not None
    depot = shop.places["depot"]
    assert await counters(db) == {
        (shop.variants["SHIRT"], depot): (10, 0, 0, 0),
        (shop.variants["MUG"], depot): (4, 0, 0, 0),
    }


async def test_a_delivery_with_a_key_is_received_once(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    about = await bought(execute, shop, ("SHIRT", 10, None))
    delivery = {**about, "lines": [{"lineNo": 1, "quantity": 3}], "reason": "DN-1", "idempotencyKey": "d1"}
    answers = [await ask(execute, "Receive", delivery) for _ in range(2)]
    assert [answer["replayed"] for answer in answers] == [False, True]
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["depot"]): (3, 0, 0, 0)}


async def test_refusals_tell_their_facts(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    about = await bought(execute, shop, ("SHIRT", 10, None))
    over = await ask(execute, "Receive", {**about, "lines": [{"lineNo": 1, "quantity": 12}], "overDeliveryPercent": 15})
    assert over["purchaseOrder"] is None
    assert refusals(over) == [
        {
            "__typename": "OverDeliveryError",
            "code": "OVER_DELIVERY",
            "path": ["input", "lines", "0", "quantity"],
            "lineNo": 1,
            "orderedQuantity": 10,
            "receivedQuantity": 0,
            "maximum": 11,
        }
    ]
    stale = await ask(execute, "Close", {**about, "expectedVersion": 1})
    assert refusals(stale)[0]["currentVersion"] == 2
    assert (await ask(execute, "Close", about))["purchaseOrder"]["status"] == "CLOSED_SHORT"
    closed = await ask(execute, "Cancel", about)
    assert (refusals(closed)[0]["code"], refusals(closed)[0]["currentStatus"]) == ("INVALID_TRANSITION", "CLOSED_SHORT")
    twice = [{"lineNo": 1, "quantity": 1}, {"lineNo": 1, "quantity": 1}]
    assert refusals(await ask(execute, "Receive", {**about, "lines": twice}))[0]["path"] == ["input", "lines"]
    unknown = form(shop, ("SHIRT", 1, None), ("SOCK", 1, None))
    assert refusals(await ask(execute, "Create", unknown))[0]["path"] == ["input", "lines", "1", "sku"]
    nameless = form(shop, ("SHIRT", 1, None), supplierName=" ")
    assert refusals(await ask(execute, "Create", nameless))[0]["path"] == ["input", "supplierName"]
    foreign = {"purchaseOrderId": global_id("PurchaseOrder", new_id())}
    assert refusals(await ask(execute, "Place", foreign))[0]["code"] == "NOT_FOUND"
    assert await counters(db) == {}


async def test_refusals_of_deliveries_and_days_name_the_line(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    about = await bought(execute, shop, ("SHIRT", 10, None), ("MUG", 5, None))
    good = {"lineNo": 2, "quantity": 1}
    for line, code, name in (
        ({"lineNo": 3, "quantity": 1}, "NOT_FOUND", "lineNo"),
        ({"lineNo": 1, "quantity": -1}, "INVALID_QUANTITY", "quantity"),
        ({"lineNo": 1, "quantity": 1, "damagedQuantity": -1}, "INVALID_QUANTITY", "damagedQuantity"),
        ({"lineNo": 1, "quantity": 10, "damagedQuantity": 1}, "OVER_DELIVERY", "quantity"),
    ):
        [refusal] = refusals(await ask(execute, "Receive", {**about, "lines": [good, line]}))
        assert (refusal["code"], refusal["path"]) == (code, ["input", "lines", "1", name])
    [refusal] = refusals(await ask(execute, "Receive", {**about, "lines": [{"lineNo": 1, "quantity": 0}]}))
    assert (refusal["code"], refusal["path"]) == ("INVALID_QUANTITY", ["input", "lines"])
    days = [{"lineNo": 2, "expectedOn": "2999-01-01"}, {"lineNo": 1, "expectedOn": "2020-01-01"}]
    [refusal] = refusals(await ask(execute, "DatesSet", {**about, "lines": days}))
    assert (refusal["code"], refusal["path"]) == ("INVALID_INPUT", ["input", "lines", "1", "expectedOn"])
    days[1] = {"lineNo": 7, "expectedOn": None}
    [refusal] = refusals(await ask(execute, "DatesSet", {**about, "lines": days}))
    assert (refusal["code"], refusal["path"]) == ("NOT_FOUND", ["input", "lines", "1", "lineNo"])
    [refusal] = refusals(await ask(execute, "Create", form(shop, ("MUG", 1, None), ("MUG", 1, "2020-01-01"))))
    assert (refusal["code"], refusal["path"]) == ("INVALID_INPUT", ["input", "lines", "1", "expectedOn"])
    assert await counters(db) == {}


async def test_damaged_units_are_received_and_not_for_sale(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    about = await bought(execute, shop, ("SHIRT", 10, None), ("MUG", 5, None))
    lines = [{"lineNo": 1, "quantity": 6, "damagedQuantity": 3}, {"lineNo": 2, "quantity": 0, "damagedQuantity": 5}]
    order = (await ask(execute, "Receive", {**about, "lines": lines, "reason": "DN-7"}))["purchaseOrder"]
    told = [(line["receivedQuantity"], line["damagedQuantity"], line["outstandingQuantity"]) for line in order["lines"]]
    assert (order["status"], told) == ("PARTIALLY_RECEIVED", [(9, 3, 1), (5, 5, 0)])
    depot = shop.places["depot"]
    assert await counters(db) == {
        (shop.variants["SHIRT"], depot): (6, 0, 0, 0),
        (shop.variants["MUG"], depot): (0, 0, 0, 0),
    }
    levels = await execute(LEVELS, {"skus": ["SHIRT", "MUG"]}, actor=READER)
    assert sorted((one["onHand"], one["unsellable"]["damaged"]) for one in levels["stockLevels"]["nodes"]) == [
        (0, 5), (6, 3),
    ]  # fmt: skip
    page = await execute(MOVED, {"sku": "SHIRT"}, actor=READER)
    assert sorted((one["kind"], one["onHandChange"], one["reason"]) for one in page["stockMovements"]["nodes"]) == [
        ("RECEIVED", 0, "DN-7"), ("RECEIVED", 6, "DN-7"),
    ]  # fmt: skip


async def test_keys_deal_with_their_own_locations_only(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    about = await bought(execute, shop, ("SHIRT", 10, None))
    stranger = limited(shop, "umeda")
    before = await facts(db, "purchase_order_changed")
    assert refusals(await ask(execute, "Create", form(shop, ("SHIRT", 1, None)), actor=stranger))[0]["path"] == [
        "input",
        "locationId",
    ]
    for verb in ("Place", "Receive", "Close", "Cancel"):
        refused = await ask(execute, verb, about, actor=stranger)
        assert (refused["purchaseOrder"], refusals(refused)[0]["code"]) == (None, "NOT_FOUND")
    assert await facts(db, "purchase_order_changed") == before
    one = "query ($id: ID!) { purchaseOrder(id: $id) { status } node(id: $id) { __typename } }"
    asked = {"id": about["purchaseOrderId"]}
    assert await execute(one, asked, actor=stranger) == {"purchaseOrder": None, "node": None}
    assert await execute(one, asked, actor=READER) == {
        "purchaseOrder": {"status": "ORDERED"},
        "node": {"__typename": "PurchaseOrder"},
    }
    result = await execute.raw(one, asked, actor=SHOPPER)
    assert result.errors[0].extensions["code"] == "UNAUTHENTICATED"
    result = await execute.raw(DOCUMENTS["Place"], keyed(about), actor=READER)
    assert result.errors[0].extensions["code"] == "FORBIDDEN"


async def test_lists_are_filtered_and_paged(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    orders = [
        (await bought(execute, shop, (sku, 1, None)))["purchaseOrderId"] for sku in ("SHIRT", "MUG", "SHIRT", "SHIRT")
    ]
    await ask(execute, "Cancel", {"purchaseOrderId": orders[3]})

    async def ids(actor: Any = READER, **filters: Any) -> list[int]:
        page = (await execute(ALL, filters, actor=actor))["purchaseOrders"]
        return [orders.index(node["id"]) for node in page["nodes"]]

    assert await ids() == [3, 2, 1, 0]
    assert await ids(sku="SHIRT", status="ORDERED") == [2, 0]
    assert await ids(sku="SOCK") == []
    assert await ids(locationId=shop.place("umeda")) == []
    assert await ids(limited(shop, "umeda")) == []
    assert await ids(limited(shop, "depot")) == [3, 2, 1, 0]
    first = (await execute(ALL, {"first": 3}, actor=READER))["purchaseOrders"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert await ids(after=first["pageInfo"]["endCursor"]) == [0]
    bad = await execute.raw(ALL, {"after": "x"}, actor=READER)
    assert bad.errors[0].extensions["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("count", [1, 5])
async def test_the_number_of_statements_does_not_depend_on_the_lines(
    db: Database, execute: Any, count_statements: Any, count: int
) -> None:
    skus = [f"SKU-{number}" for number in range(count)]
    shop = await open_shop(db, *skus)
    await fill(db, shop, skus[0], depot=1)
    about = await bought(execute, shop, *((sku, 2, None) for sku in skus))
    with count_statements() as counted:
        await ask(execute, "Receive", about)
    assert counted.total == 15
