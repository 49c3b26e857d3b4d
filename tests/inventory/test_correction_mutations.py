"""Stock is corrected through the schema: set, many rows, states, promises that end."""

from datetime import timedelta
from typing import Any

from app.inventory.model import OwnerKind
from app.kit.db import Database
from app.kit.ids import global_id
from tests.conftest import NOW, keyed
from tests.inventory.builders import counters, hold, movements, wish
from tests.inventory.selling import bundle
from tests.inventory.shop import READER, STAFF, Shop, fill, limited, open_shop, refusals
from tests.inventory.transfers import send

ERRORS = """userErrors { __typename code message path
  ... on InsufficientStockError { requested available sku } ... on QuantityConflictError { currentQuantity }
  ... on InvalidTransitionError { currentStatus } }"""
BROKEN = """brokenPromises { ownerKind lineNo quantity wasReserved variant { sku } location { code } order { id }
  transfer { id status } }"""
LEVEL = "variant { sku } location { code } onHand version unsellable { damaged qualityControl display }"
SET, STATE = (
    f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{
      {name}(input: $input) {{ replayed stockLevel {{ {LEVEL} }} {BROKEN} {ERRORS} }} }}"""
    for name in ("stockSet", "stockStateChange")
)
CORRECT = f"""mutation ($input: StockCorrectInput!) {{
  stockCorrect(input: $input) {{ replayed stockLevels {{ {LEVEL} }} {BROKEN} {ERRORS} }} }}"""


async def ask(execute: Any, document: str, values: dict[str, Any], actor: Any = STAFF) -> dict[str, Any]:
    [payload] = (await execute(document, keyed(values), actor=actor)).values()
    return payload


def row(shop: Shop, sku: str = "SHIRT", code: str = "depot", **what: Any) -> dict[str, Any]:
    return {"sku": sku, "locationId": shop.place(code), **what}


async def test_the_units_on_hand_are_set(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=5)
    values = row(shop, quantity=8, expectedQuantity=5, reason="FOUND", note=" in the yard ", idempotencyKey="s1")
    answers = [await ask(execute, SET, values) for _ in range(2)]
    assert [answer["replayed"] for answer in answers] == [False, True]
    assert answers[0]["stockLevel"] == {
        "variant": {"sku": "SHIRT"},
        "location": {"code": "depot"},
        "onHand": 8,
        "version": 2,
        "unsellable": {"damaged": 0, "qualityControl": 0, "display": 0},
    }
    assert (answers[0]["brokenPromises"], answers[0]["userErrors"]) == ([], [])
    async with db.read() as tx:
        told = await tx.connection.fetchrow(
            "SELECT reason, note, actor, cause_kind FROM ledger WHERE kind = 'ADJUSTED'"
        )
    assert tuple(told or ()) == ("FOUND", "in the yard", "key:staff", "STAFF")
    stale = await ask(execute, SET, row(shop, quantity=3, expectedQuantity=5, reason="COUNT"))
    assert (refusals(stale)[0]["path"], refusals(stale)[0]["currentQuantity"]) == (["input", "expectedQuantity"], 8)


async def test_rows_are_corrected_together_or_each_for_itself(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=5, umeda=2)
    rows = [
        row(shop, delta=3),
        row(shop, code="umeda", quantity=1, expectedQuantity=9),
        row(shop, "MUG", delta=-1),
        row(shop, "MUG", code="konbini", delta=1),
        row(shop, "MUG", quantity=4),
    ]
    together = await ask(execute, CORRECT, {"rows": rows, "reason": "CORRECTION"})
    refused = [(error["code"], error["path"]) for error in refusals(together)]
    assert refused == [
        ("QUANTITY_CONFLICT", ["input", "rows", "1", "expectedQuantity"]),
        ("INSUFFICIENT_STOCK", ["input", "rows", "2", "delta"]),
        ("NOT_FOUND", ["input", "rows", "3", "locationId"]),
    ]
    assert together["stockLevels"] == []
    assert len(await movements(db)) == 2
    values = {"rows": rows, "reason": "CORRECTION", "isEachForItself": True, "idempotencyKey": "c1"}
    apart = await ask(execute, CORRECT, values)
    assert [(error["code"], error["path"]) for error in refusals(apart)] == refused
    assert [(level["variant"]["sku"], level["onHand"]) for level in apart["stockLevels"]] == [("SHIRT", 8), ("MUG", 4)]
    assert await ask(execute, CORRECT, values) == {**apart, "replayed": True}
    depot, umeda = shop.places["depot"], shop.places["umeda"]
    assert {key: value[0] for key, value in (await counters(db)).items() if value[0]} == {
        (shop.variants["SHIRT"], depot): 8,
        (shop.variants["SHIRT"], umeda): 2,
        (shop.variants["MUG"], depot): 4,
    }


async def test_rows_that_say_nothing_or_too_much_are_refused(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    for rows, path in [
        ([], ["input", "rows"]),
        ([row(shop, delta=1)] * 101, ["input", "rows"]),
        ([row(shop)], ["input", "rows", "0"]),
        ([row(shop, delta=1), row(shop, delta=1, quantity=1)], ["input", "rows", "1"]),
        ([row(shop, "SOCK", delta=1)], ["input", "rows", "0", "sku"]),
    ]:
        assert refusals(await ask(execute, CORRECT, {"rows": rows, "reason": "COUNT"}))[0]["path"] == path
    foreign = {"rows": [row(shop, code="umeda", delta=1), row(shop, delta=1)], "reason": "COUNT"}
    refused = await ask(execute, CORRECT, foreign, actor=limited(shop, "umeda"))
    assert refusals(refused)[0]["path"] == ["input", "rows", "1", "locationId"]
    assert await counters(db) == {}
    for document in (SET, CORRECT, STATE):
        result = await execute.raw(document, keyed({}), actor=READER)
        assert result.errors
    result = await execute.raw(SET, keyed(row(shop, quantity=1, reason="COUNT")), actor=READER)
    assert result.errors[0].extensions["code"] == "FORBIDDEN"


async def test_promises_that_end_are_told(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=9)
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]
    transfer_id = await send(db, depot, shop.places["umeda"], (shirt, 3))
    await hold(db, wish(shirt, 4, depot, expires_at=NOW + timedelta(hours=1)))
    values = row(shop, quantity=2, reason="LOSS", promises="BREAK_YOUNGEST", idempotencyKey="l1")
    done = await ask(execute, SET, values)
    place = {"variant": {"sku": "SHIRT"}, "location": {"code": "depot"}}
    assert done["brokenPromises"] == [
        {"ownerKind": OwnerKind.ORDER, "lineNo": 1, "quantity": 4, "wasReserved": True, "order": None, "transfer": None}
        | place,
        {
            "ownerKind": OwnerKind.TRANSFER,
            "lineNo": 1,
            "quantity": 3,
            "wasReserved": False,
            "order": None,
            "transfer": {"id": global_id("Transfer", transfer_id), "status": "CANCELED"},
        }
        | place,
    ]
    assert done["stockLevel"]["onHand"] == 2
    assert await ask(execute, SET, values) == {**done, "replayed": True}
    assert await counters(db) == {(shirt, depot): (2, 0, 0, 0)}


async def test_units_change_their_state(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=9)
    stained = row(shop, quantity=3, before="SELLABLE", after="DAMAGED", reason="DAMAGE", note="rain")
    done = await ask(execute, STATE, stained)
    assert done["stockLevel"]["onHand"] == 6
    assert done["stockLevel"]["unsellable"] == {"damaged": 3, "qualityControl": 0, "display": 0}
    gone = await ask(execute, STATE, row(shop, quantity=1, before="DAMAGED", after="WRITTEN_OFF"))
    assert gone["stockLevel"]["unsellable"]["damaged"] == 2
    for values, code, path in [
        (row(shop, quantity=3, before="DAMAGED", after="SELLABLE"), "INSUFFICIENT_STOCK", ["input", "quantity"]),
        (row(shop, quantity=0, before="DAMAGED", after="SELLABLE"), "INVALID_QUANTITY", ["input", "quantity"]),
        (row(shop, quantity=1, before="WRITTEN_OFF", after="SELLABLE"), "INVALID_TRANSITION", ["input", "after"]),
        (row(shop, quantity=1, before="DAMAGED", after="DAMAGED"), "INVALID_TRANSITION", ["input", "after"]),
        (row(shop, "SOCK", quantity=1, before="DAMAGED", after="SELLABLE"), "NOT_FOUND", ["input", "sku"]),
    ]:
        [error] = refusals(await ask(execute, STATE, values))
        assert (error["code"], error["path"]) == (code, path)
    levels = f'query {{ stockLevels(skus: ["SHIRT"]) {{ nodes {{ {LEVEL} }} }} }}'
    [level] = (await execute(levels, actor=READER))["stockLevels"]["nodes"]
    assert (level["onHand"], level["unsellable"]["damaged"]) == (6, 2)


async def test_a_row_of_a_bundle_is_named_and_the_others_are_applied(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "SET")
    async with db.write() as tx:
        await bundle(tx, shop.variants["SET"], {shop.variants["SHIRT"]: 2})
    rows = [row(shop, "SET", quantity=1), row(shop, quantity=3)]
    told = await ask(execute, CORRECT, {"rows": rows, "reason": "COUNT", "isEachForItself": True})
    assert [(error["code"], error["path"]) for error in refusals(told)] == [
        ("INVALID_INPUT", ["input", "rows", "0", "sku"])
    ]
    assert [(level["variant"]["sku"], level["onHand"]) for level in told["stockLevels"]] == [("SHIRT", 3)]
    alone = await ask(execute, SET, row(shop, "SET", quantity=1, reason="COUNT"))
    assert [(error["code"], error["path"]) for error in refusals(alone)] == [("INVALID_INPUT", ["input", "sku"])]
