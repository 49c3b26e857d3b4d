"""Receiving, counting and keeping stock off sale, through the schema."""

import asyncio
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import SHOPPER
from tests.conftest import keyed
from tests.inventory.builders import counters, facts, hold, movements, wish
from tests.inventory.selling import bundle
from tests.inventory.shop import READER, STAFF, fill, limited, open_shop, refusals

ERRORS = """userErrors { __typename code message path
  ... on InvalidQuantityError { minimum maximum } ... on InsufficientStockError { requested available sku lineNo }
  ... on QuantityConflictError { currentQuantity } }"""
LEVEL = "{ variant { sku } location { code } available onHand reserved allocated safety version }"
ADJUST = (
    f"mutation ($input: StockAdjustInput!) {{ stockAdjust(input: $input) {{ replayed stockLevel {LEVEL} {ERRORS} }} }}"
)
RECEIVE = f"""mutation ($input: StockReceiveInput!) {{
  stockReceive(input: $input) {{ replayed stockLevels {LEVEL} {ERRORS} }} }}"""
SAFETY = f"""mutation ($input: StockSafetySetInput!) {{
  stockSafetySet(input: $input) {{ replayed stockLevel {LEVEL} {ERRORS} }} }}"""


def level(sku: str, code: str, on_hand: int, version: int, **others: int) -> dict[str, Any]:
    counts = {"onHand": on_hand, "reserved": 0, "allocated": 0, "safety": 0, **others}
    free = counts["onHand"] - counts["reserved"] - counts["allocated"] - counts["safety"]
    return {"variant": {"sku": sku}, "location": {"code": code}, "available": free, "version": version, **counts}


async def test_a_delivery_is_received_once_per_key(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    lines = [{"sku": "SHIRT", "quantity": 3}, {"sku": "MUG", "quantity": 4}, {"sku": "SHIRT", "quantity": 1}]
    variables = {
        "input": {"locationId": shop.place("depot"), "lines": lines, "reason": " DN-1 ", "idempotencyKey": "delivery-1"}
    }
    first = (await execute(RECEIVE, variables, actor=STAFF))["stockReceive"]
    assert first == {
        "replayed": False,
        "userErrors": [],
        "stockLevels": [level("SHIRT", "depot", 4, 2), level("MUG", "depot", 4, 1)],
    }
    again = (await execute(RECEIVE, variables, actor=STAFF))["stockReceive"]
    assert again == {**first, "replayed": True}
    assert [row[:2] for row in await movements(db)] == [("RECEIVED", 3), ("RECEIVED", 1), ("RECEIVED", 4)]
    lines[0]["quantity"] = 5
    other = (await execute(RECEIVE, variables, actor=STAFF))["stockReceive"]
    assert (other["stockLevels"], refusals(other)[0]["code"]) == ([], "IDEMPOTENCY_KEY_REUSED")


async def test_the_same_delivery_in_parallel_is_received_once(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    lines = [{"sku": "SHIRT", "quantity": 3}]
    variables = {"input": {"locationId": shop.place("depot"), "lines": lines, "idempotencyKey": "delivery-1"}}
    answers = await asyncio.gather(*(execute(RECEIVE, variables, actor=STAFF) for _ in range(8)))
    assert sorted(answer["stockReceive"]["replayed"] for answer in answers) == [False] + [True] * 7
    assert {answer["stockReceive"]["stockLevels"][0]["onHand"] for answer in answers} == {3}


async def test_a_count_says_what_it_expects(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=5)
    form = {"sku": "SHIRT", "locationId": shop.place("depot"), "delta": -2, "reason": "DAMAGE", "expectedQuantity": 5}
    adjusted = (await execute(ADJUST, keyed(form), actor=STAFF))["stockAdjust"]
    assert adjusted == {"replayed": False, "stockLevel": level("SHIRT", "depot", 3, 2), "userErrors": []}
    refused = (await execute(ADJUST, keyed(form), actor=STAFF))["stockAdjust"]
    assert refused["stockLevel"] is None
    assert refusals(refused) == [
        {
            "__typename": "QuantityConflictError",
            "code": "QUANTITY_CONFLICT",
            "path": ["input", "expectedQuantity"],
            "currentQuantity": 3,
        }
    ]
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["depot"]): (3, 0, 0, 0)}


async def test_promised_units_cannot_be_taken_off(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=5)
    await hold(db, wish(shop.variants["SHIRT"], 4, shop.places["depot"]))
    form = {"sku": "SHIRT", "locationId": shop.place("depot"), "delta": -2, "reason": "DAMAGE"}
    refused = (await execute(ADJUST, keyed(form), actor=STAFF))["stockAdjust"]
    assert refusals(refused) == [
        {
            "__typename": "InsufficientStockError",
            "code": "INSUFFICIENT_STOCK",
            "path": ["input", "delta"],
            "requested": 2,
            "available": 1,
            "sku": "SHIRT",
            "lineNo": None,
        }
    ]
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["depot"]): (5, 0, 4, 0)}


async def test_safety_stock_is_set(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=5)
    form = {"sku": "SHIRT", "locationId": shop.place("depot"), "quantity": 2}
    done = (await execute(SAFETY, keyed(form), actor=STAFF))["stockSafetySet"]
    assert done == {"replayed": False, "stockLevel": level("SHIRT", "depot", 5, 2, safety=2), "userErrors": []}
    assert (await movements(db))[-1][0] == "SAFETY_SET"


LINE = {"sku": "SHIRT", "quantity": 1}


@pytest.mark.parametrize(
    ("lines", "code", "path"),
    [
        ([], "INVALID_INPUT", ["input", "lines"]),
        ([LINE] * 101, "INVALID_INPUT", ["input", "lines"]),
        ([LINE, {"sku": "NO", "quantity": 1}], "NOT_FOUND", ["input", "lines", "1", "sku"]),
        ([{"sku": "\0", "quantity": 1}], "NOT_FOUND", ["input", "lines", "0", "sku"]),
        ([LINE, {"sku": "SHIRT", "quantity": 0}], "INVALID_QUANTITY", ["input", "lines", "1", "quantity"]),
        ([{"sku": "SHIRT", "quantity": -5}], "INVALID_QUANTITY", ["input", "lines", "0", "quantity"]),
        ([{"sku": "SHIRT", "quantity": 1_000_001}], "INVALID_QUANTITY", ["input", "lines", "0", "quantity"]),
    ],
)
async def test_a_delivery_with_one_bad_line_changes_nothing(
    db: Database, execute: Any, lines: list[dict[str, Any]], code: str, path: list[str]
) -> None:
    shop = await open_shop(db, "SHIRT")
    variables = keyed({"locationId": shop.place("depot"), "lines": lines})
    refused = (await execute(RECEIVE, variables, actor=STAFF))["stockReceive"]
    [error] = refusals(refused)
    assert (error["code"], error["path"]) == (code, path)
    assert (refused["stockLevels"], await counters(db), await facts(db, "stock")) == ([], {}, [])


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"sku": "NO"}, "NOT_FOUND", ["input", "sku"]),
        ({"locationId": "nonsense"}, "NOT_FOUND", ["input", "locationId"]),
        ({"locationId": global_id("Location", 2**62)}, "NOT_FOUND", ["input", "locationId"]),
        ({"delta": 0}, "INVALID_QUANTITY", ["input", "delta"]),
        ({"delta": -2_000_000_000}, "INVALID_QUANTITY", ["input", "delta"]),
        ({"note": "x" * 201}, "INVALID_INPUT", ["input", "note"]),
        ({"note": "\0"}, "INVALID_INPUT", ["input", "note"]),
        ({"idempotencyKey": ""}, "INVALID_INPUT", ["input", "idempotencyKey"]),
    ],
)
async def test_bad_adjustments_are_refused(
    db: Database, execute: Any, change: dict[str, Any], code: str, path: list[str]
) -> None:
    shop = await open_shop(db, "SHIRT")
    form = {"sku": "SHIRT", "locationId": shop.place("depot"), "delta": 1, "reason": "COUNT", **change}
    [error] = refusals((await execute(ADJUST, keyed(form), actor=STAFF))["stockAdjust"])
    assert (error["code"], error["path"]) == (code, path)
    assert await counters(db) == {}


async def test_places_without_stock_and_foreign_places_are_refused(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    for code, actor in [("konbini", STAFF), ("depot", limited(shop, "umeda"))]:
        place = {"sku": "SHIRT", "locationId": shop.place(code)}
        answers = [
            await execute(ADJUST, keyed({**place, "delta": 1, "reason": "COUNT"}), actor=actor),
            await execute(SAFETY, keyed({**place, "quantity": 1}), actor=actor),
            await execute(RECEIVE, keyed({"locationId": shop.place(code), "lines": [LINE]}), actor=actor),
        ]
        assert [error["code"] for answer in answers for payload in answer.values() for error in refusals(payload)] == [
            "NOT_FOUND"
        ] * 3
    assert await counters(db) == {}


async def test_numbers_past_32_bits_are_no_quantities(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    form = {"sku": "SHIRT", "locationId": shop.place("depot"), "delta": 2**31, "reason": "COUNT"}
    result = await execute.raw(ADJUST, keyed(form), actor=STAFF)
    assert [error.extensions["code"] for error in result.errors] == ["BAD_USER_INPUT"]


async def test_reading_does_not_allow_writing(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    form = {"sku": "SHIRT", "locationId": shop.place("depot"), "delta": 1, "reason": "COUNT"}
    for actor, code in [(SHOPPER, "UNAUTHENTICATED"), (READER, "FORBIDDEN")]:
        result = await execute.raw(ADJUST, keyed(form), actor=actor)
        assert [error.extensions["code"] for error in result.errors] == [code]
    assert await counters(db) == {}


async def test_a_delivery_names_the_line_of_a_bundle(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "SET")
    async with db.write() as tx:
        await bundle(tx, shop.variants["SET"], {shop.variants["SHIRT"]: 2})
    lines = [{"sku": "SHIRT", "quantity": 3}, {"sku": "SET", "quantity": 1}]
    values = keyed({"locationId": shop.place("depot"), "lines": lines})
    [error] = refusals((await execute(RECEIVE, values, actor=STAFF))["stockReceive"])
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "lines", "1", "sku"])
    assert await counters(db) == {}
