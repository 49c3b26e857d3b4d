"""Pick lists and shelves over the API."""

from dataclasses import replace
from typing import Any, Final

from app.kit.db import Database
from app.kit.ids import global_id
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import STAFF
from tests.fulfillment.listing import many_orders
from tests.fulfillment.views import everything

LIST: Final = """pickList { id number status assignee location { code } completedBy
    lines { sku name shelf quantity orders variant { sku } } workInstructions { status pickList { number } } }"""
ERRORS: Final = "replayed userErrors { code path ... on WorkListedError { pickList } }"


async def _do(execute: Execute, name: str, asked: str = LIST, **values: Any) -> Any:
    document = (
        f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {asked} {ERRORS} }} }}"
    )
    return (await execute(document, {"input": values}, actor=STAFF, now=NOW))[name]


async def test_one_walk(db: Database, execute: Execute) -> None:
    shop, works = await many_orders(db, 3)
    place = global_id("Location", shop.warehouse)
    rows = [{"sku": "SHIRT", "shelf": " A-10 "}, {"sku": "CAP", "shelf": "A-9"}]
    answer = await _do(execute, "stockShelvesSet", "rows", locationId=place, rows=rows)
    assert (answer["rows"], answer["userErrors"]) == (2, [])
    values = {"locationId": place, "maxOrders": 2, "assignee": "Aoi", "idempotencyKey": "l"}
    answers = [await _do(execute, "pickListCreate", **values) for _ in range(2)]
    assert [answer["replayed"] for answer in answers] == [False, True]
    made = answers[0]["pickList"]
    assert answers[1]["pickList"] == made
    assert [(line["sku"], line["shelf"], line["quantity"], line["orders"]) for line in made["lines"]] == [
        ("CAP", "A-9", 2, 1),
        ("SHIRT", "A-10", 2, 2),
    ]
    assert made["workInstructions"] == [{"status": "OPEN", "pickList": {"number": made["number"]}}] * 2
    ids = [global_id("WorkInstruction", work_id) for work_id in works]
    merged = await _do(execute, "workMerge", workInstructionIds=ids, idempotencyKey="m")
    assert (merged["pickList"]["number"], len(merged["pickList"]["workInstructions"])) == (made["number"], 3)
    before = await everything(db)
    refused = await _do(execute, "pickListCreate", locationId=place, workInstructionIds=ids, idempotencyKey="n")
    assert refused["userErrors"] == [
        {"code": "WORK_LISTED", "path": ["input", "workInstructionIds"], "pickList": made["number"]}
    ]
    for name, asked, values, path in (
        ("pickListCreate", LIST, {"locationId": place, "idempotencyKey": "o"}, ["input", "workInstructionIds"]),
        ("pickListCreate", LIST, {"locationId": place, "maxOrders": 0, "idempotencyKey": "p"}, ["input", "maxOrders"]),
        ("pickListCreate", LIST, {"locationId": "x", "idempotencyKey": "q"}, ["input", "locationId"]),
        ("pickListComplete", LIST, {"pickListId": "x"}, ["input", "pickListId"]),
        ("workMerge", LIST, {"workInstructionIds": ["x"], "idempotencyKey": "r"}, ["input", "workInstructionIds", "0"]),
        ("stockShelvesSet", "rows", {"locationId": place, "rows": []}, ["input", "rows"]),
        ("stockShelvesSet", "rows", {"locationId": place, "rows": [{"sku": "?"}]}, ["input", "rows", "0", "sku"]),
        ("stockShelvesSet", "rows", {"locationId": place, "rows": [{"sku": "CAP", "shelf": "x" * 41}]},
         ["input", "rows", "0", "shelf"]),
    ):  # fmt: skip
        answer = await _do(execute, name, asked, **values)
        assert [error["path"] for error in answer["userErrors"]] == [path], (name, values)
    assert await everything(db) == before
    done = await _do(execute, "pickListComplete", pickListId=made["id"])
    assert (done["pickList"]["status"], done["pickList"]["completedBy"]) == ("DONE", "key:staff")
    again = await _do(execute, "pickListCancel", pickListId=made["id"])
    assert again["userErrors"] == [{"code": "INVALID_TRANSITION", "path": ["input", "pickListId"]}]


async def test_lists_of_a_location(db: Database, execute: Execute) -> None:
    shop, _ = await many_orders(db, 3)
    place = global_id("Location", shop.warehouse)
    numbers = [
        (await _do(execute, "pickListCreate", locationId=place, maxOrders=1, idempotencyKey=f"{n}"))["pickList"][
            "number"
        ]
        for n in range(3)
    ]
    document = """query ($l: ID!, $s: PickListStatus, $after: String) {
        pickLists(locationId: $l, status: $s, first: 2, after: $after) {
            nodes { number } pageInfo { hasNextPage endCursor } } }"""

    async def seen(actor: Any = STAFF, **values: Any) -> Any:
        return (await execute(document, {"l": place, **values}, actor=actor))["pickLists"]

    page = await seen(s="OPEN")
    assert [row["number"] for row in page["nodes"]] == numbers[:2]
    rest = await seen(after=page["pageInfo"]["endCursor"])
    assert ([row["number"] for row in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (numbers[2:], False)
    assert (await seen(s="DONE"))["nodes"] == []
    assert (await seen(replace(STAFF, location_ids=frozenset({shop.store}))))["nodes"] == []
