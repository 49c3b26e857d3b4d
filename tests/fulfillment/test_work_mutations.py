"""What people do with work, over the API."""

from typing import Any, Final

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order
from tests.fulfillment.views import everything, fulfillments_of, pickup_of, stock_of
from tests.fulfillment.work import history_of_work, work_id_of

_ERRORS: Final = """replayed userErrors { code path
    ... on WorkTakenError { assignee } ... on WorkOnHoldError { holdReason }
    ... on InvalidTransitionError { currentStatus } ... on InvalidQuantityError { minimum maximum } }"""
_WORK: Final = """id kind status note assignee acknowledgedBy holdReason rejectReason version
    lines { lineNo sku quantity }
    history { step status actor facts } pickup { number } fulfillment { status }"""


def _document(name: str, *, many: bool) -> str:
    field = "workInstructions" if many else "workInstruction"
    return (
        f"mutation ($input: {name[0].upper()}{name[1:]}Input!) "
        f"{{ {name}(input: $input) {{ {field} {{ {_WORK} }} {_ERRORS} }} }}"
    )


async def _do(execute: Execute, name: str, **values: Any) -> Any:
    many = name in {"workAssign", "workAcknowledge", "workHold", "workRelease"}
    data = await execute(_document(name, many=many), {"input": values}, actor=STAFF, now=NOW)
    return data[name]


async def test_the_day_of_a_piece_of_work(db: Database, execute: Execute) -> None:
    await planned_order(db, home)
    work_id = global_id("WorkInstruction", await work_id_of(db, "PICK"))
    one = {"workInstructionIds": [work_id]}
    seen: list[tuple[Any, ...]] = []
    for name, values in (
        ("workAssign", {**one, "assignee": " Aoi "}),
        ("workHold", {**one, "reason": "address is checked", "idempotencyKey": "h"}),
        ("workHold", {**one, "reason": "address is checked", "idempotencyKey": "h"}),
        ("workRelease", one),
        ("workAcknowledge", {**one, "assignee": "Aoi"}),
    ):
        payload = await _do(execute, name, **values)
        assert payload["userErrors"] == []
        [row] = payload["workInstructions"]
        seen.append((name, payload["replayed"], row["status"], row["assignee"], row["holdReason"], row["version"]))
    assert seen == [
        ("workAssign", False, "OPEN", "Aoi", None, 2),
        ("workHold", False, "ON_HOLD", "Aoi", "address is checked", 3),
        ("workHold", True, "ON_HOLD", "Aoi", "address is checked", 3),
        ("workRelease", False, "OPEN", "Aoi", None, 4),
        ("workAcknowledge", False, "IN_PROGRESS", "Aoi", None, 5),
    ]
    payload = await _do(execute, "workComplete", workInstructionId=work_id, lines=[{"lineNo": 1, "quantity": 2}])
    assert (payload["workInstruction"]["status"], payload["userErrors"]) == ("DONE", [])
    assert [(entry["step"], entry["actor"]) for entry in payload["workInstruction"]["history"]] == [
        ("ASSIGN", "key:staff"),
        ("HOLD", "key:staff"),
        ("RELEASE", "key:staff"),
        ("ACKNOWLEDGE", "key:staff"),
        ("COMPLETE", "key:staff"),
    ]


async def test_refusals_point_at_the_input_and_change_nothing(db: Database, execute: Execute) -> None:
    await planned_order(db, home)
    pick, ship = [global_id("WorkInstruction", await work_id_of(db, kind)) for kind in ("PICK", "SHIP")]
    await _do(execute, "workAcknowledge", workInstructionIds=[pick], assignee="Aoi")
    before = await everything(db)
    ids = ["input", "workInstructionIds"]
    cases: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("workAcknowledge", {"workInstructionIds": [pick], "assignee": "Ren"},
         {"code": "WORK_TAKEN", "path": ids, "assignee": "Aoi"}),
        ("workAcknowledge", {"workInstructionIds": [ship]},
         {"code": "INVALID_TRANSITION", "path": ids, "currentStatus": "WAITING"}),
        ("workRelease", {"workInstructionIds": [pick]},
         {"code": "INVALID_TRANSITION", "path": ids, "currentStatus": "IN_PROGRESS"}),
        ("workHold", {"workInstructionIds": [pick], "reason": " "},
         {"code": "INVALID_INPUT", "path": ["input", "reason"]}),
        ("workHold", {"workInstructionIds": [pick], "reason": "x" * 201},
         {"code": "INVALID_INPUT", "path": ["input", "reason"]}),
        ("workAssign", {"workInstructionIds": [pick], "assignee": "x" * 81},
         {"code": "INVALID_INPUT", "path": ["input", "assignee"]}),
        ("workAssign", {"workInstructionIds": []}, {"code": "INVALID_INPUT", "path": ids}),
        ("workAssign", {"workInstructionIds": [pick, pick]}, {"code": "INVALID_INPUT", "path": ids}),
        ("workAssign", {"workInstructionIds": [pick, "x"]}, {"code": "NOT_FOUND", "path": [*ids, "1"]}),
        ("workComplete", {"workInstructionId": pick, "lines": [{"lineNo": 1, "quantity": 1}]},
         {"code": "INVALID_QUANTITY", "path": ["input", "lines"], "minimum": 2, "maximum": 2}),
        ("workComplete", {"workInstructionId": pick, "lines": [{"lineNo": 9, "quantity": 1}]},
         {"code": "NOT_FOUND", "path": ["input", "lines"]}),
        ("workComplete", {"workInstructionId": pick, "lines": [{"lineNo": 1, "quantity": 1}] * 2},
         {"code": "INVALID_INPUT", "path": ["input", "lines", "1", "lineNo"]}),
        ("workCreate", {"kind": "PICK", "note": "x", "idempotencyKey": "p"},
         {"code": "INVALID_INPUT", "path": ["input", "kind"]}),
        ("workCreate", {"kind": "COUNT", "locationId": "x", "idempotencyKey": "c"},
         {"code": "NOT_FOUND", "path": ["input", "locationId"]}),
    ]  # fmt: skip
    for name, values, refusal in cases:
        payload = await _do(execute, name, **values)
        assert payload["userErrors"] == [refusal], (name, values)
    assert await everything(db) == before


async def test_goods_are_counted(db: Database, execute: Execute) -> None:
    shop, _ = await planned_order(db, home)
    place, key = global_id("Location", shop.store), {"idempotencyKey": "count"}
    values = {"kind": "COUNT", "locationId": place, "lines": [{"sku": "CAP"}], "note": "shelf 3", **key}
    made = [await _do(execute, "workCreate", **values) for _ in range(2)]
    assert [payload["replayed"] for payload in made] == [False, True]
    [work] = {payload["workInstruction"]["id"]: payload["workInstruction"] for payload in made}.values()
    assert (work["lines"], work["note"], work["status"]) == (
        [{"lineNo": 1, "sku": "CAP", "quantity": 0}],
        "shelf 3",
        "OPEN",
    )
    found = [{"lineNo": 1, "quantity": 7}]
    payload = await _do(execute, "workComplete", workInstructionId=work["id"], lines=found)
    assert payload["workInstruction"]["status"] == "DONE"
    assert await stock_of(db, shop.variants[1], shop.store) == (7, 0)
    for lines, path in (
        ([{"sku": "CAP"}, {"sku": "CAP"}], ["input", "lines"]),
        ([{"sku": "NONE"}], ["input", "lines", "0", "sku"]),
        ([{"sku": "CAP", "quantity": -1}], ["input", "lines", "0", "quantity"]),
    ):
        payload = await _do(
            execute, "workCreate", kind="COUNT", locationId=place, lines=lines, idempotencyKey=f"{path}"
        )
        assert [error["path"] for error in payload["userErrors"]] == [path]


@pytest.mark.parametrize("kind", ["LOCKER_DROP_OFF", "RETURN_INSPECT"])
async def test_work_about_a_pickup_shows_its_goods(db: Database, execute: Execute, kind: str) -> None:
    shop, order_id = await planned_order(db, lambda shop: konbini_pickup(shop, sources=[shop.warehouse, shop.store]))
    pickup = await pickup_of(db, order_id)
    payload = await _do(
        execute, "workCreate", kind=kind, pickupId=global_id("Pickup", pickup["id"]), idempotencyKey="1"
    )
    work = payload["workInstruction"]
    assert (work["pickup"], work["fulfillment"]) == ({"number": pickup["number"]}, None)
    assert work["lines"] == [{"lineNo": line, "sku": "SHIRT", "quantity": 1} for line in (1, 2)]
    again = await _do(execute, "workCreate", kind=kind, pickupId=global_id("Pickup", pickup["id"]), idempotencyKey="2")
    assert [error["code"] for error in again["userErrors"]] == ["INVALID_TRANSITION"]
    assert shop.konbini


async def test_a_held_parcel_is_not_shipped(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    [parcel] = await fulfillments_of(db, order_id)
    work_id = await work_id_of(db, "PICK")
    await _do(execute, "workHold", workInstructionIds=[global_id("WorkInstruction", work_id)], reason="wait")
    document = f"mutation ($input: ShipmentCreateInput!) {{ shipmentCreate(input: $input) {{ {_ERRORS} }} }}"
    values = {
        "fulfillmentId": global_id("Fulfillment", parcel["id"]),
        "carrier": "x",
        "trackingNumber": "1",
        "idempotencyKey": "k",
    }
    answer = (await execute(document, {"input": values}, actor=STAFF))["shipmentCreate"]
    assert answer["userErrors"] == [{"code": "WORK_ON_HOLD", "path": None, "holdReason": "wait"}]
    assert await history_of_work(db, work_id) == [("HOLD", "ON_HOLD", {"reason": "wait"})]


async def test_a_location_gives_up(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, lambda shop: home(shop, units=3))
    document = """mutation ($input: %sInput!) { %s(input: $input) {
        workInstruction { id kind status rejectReason location { code } lines { quantity } } %s
        replayed userErrors { code path ... on InsufficientStockError { requested available }
                              ... on InvalidQuantityError { maximum } ... on InvalidTransitionError { currentStatus } }
    } }"""

    async def do(name: str, more: str = "", **values: Any) -> Any:
        typename = name[0].upper() + name[1:]
        return (await execute(document % (typename, name, more), {"input": values}, actor=STAFF, now=NOW))[name]

    units = "movedQuantity canceledQuantity"
    pick = global_id("WorkInstruction", await work_id_of(db, "PICK"))
    one = {"workInstructionId": pick}
    values = {**one, "lines": [{"lineNo": 1, "quantity": 1}], "reason": "NOT_IN_STOCK", "idempotencyKey": "s"}
    answers = [await do("workReportShort", units, **values) for _ in range(2)]
    assert [(answer["replayed"], answer["movedQuantity"], answer["canceledQuantity"]) for answer in answers] == [
        (False, 1, 0),
        (True, 1, 0),
    ]
    assert answers[0]["workInstruction"]["lines"] == [{"quantity": 2}]
    before = await everything(db)
    key = {"idempotencyKey": "x"}
    place = global_id("Location", shop.konbini)
    for name, values, refusal in (
        ("workReportShort", {**one, "lines": [{"lineNo": 1, "quantity": 9}], "reason": "OTHER"},
         {"code": "INVALID_QUANTITY", "path": ["input", "lines"], "maximum": 2}),
        ("workReportShort", {**one, "lines": [{"lineNo": 5, "quantity": 1}], "reason": "OTHER"},
         {"code": "NOT_FOUND", "path": ["input", "lines"]}),
        ("workReportShort", {**one, "lines": [], "reason": "OTHER"},
         {"code": "INVALID_INPUT", "path": ["input", "lines"]}),
        ("workReportShort", {**one, "lines": [{"lineNo": 1, "quantity": 1, "componentSku": "x"}], "reason": "OTHER"},
         {"code": "NOT_FOUND", "path": ["input", "lines", "0", "componentSku"]}),
        ("workMove", {**one, "toLocationId": place},
         {"code": "INSUFFICIENT_STOCK", "path": ["input", "toLocationId"], "requested": 2, "available": 0}),
        ("workSplit", {**one, "lineNos": [1]}, {"code": "INVALID_INPUT", "path": ["input", "lineNos"]}),
        ("workReject", {"workInstructionId": "x", "reason": "OTHER"},
         {"code": "NOT_FOUND", "path": ["input", "workInstructionId"]}),
    ):  # fmt: skip
        assert (await do(name, **values, **key))["userErrors"] == [refusal], (name, values)
    assert await everything(db) == before
    moved = await do("workMove", **one, toLocationId=global_id("Location", shop.other_store), idempotencyKey="m")
    assert (moved["userErrors"], moved["workInstruction"]["location"]["code"]) == ([], "umeda")
    values = {"workInstructionId": moved["workInstruction"]["id"], "reason": "CLOSED", "note": "fire drill"}
    answer = await do("workReject", units, **values, idempotencyKey="r")
    assert (answer["workInstruction"]["status"], answer["workInstruction"]["rejectReason"]) == ("REJECTED", "CLOSED")
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 0)
    assert order_id
