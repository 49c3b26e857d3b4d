"""Drift through the schema: who sees it, who repairs it, and what the timeline says of it."""

from typing import Any

from app import worker
from app.kit.db import Database
from app.kit.permissions import SHOPPER
from tests.conftest import keyed
from tests.inventory.builders import counters, hold, wish
from tests.inventory.drifting import tamper
from tests.inventory.shop import READER, STAFF, Shop, fill, limited, open_shop, refusals

DRIFT = """query ($skus: [String!], $locationIds: [ID!], $first: Int! = 50, $after: String) {
  stockDrift(skus: $skus, locationIds: $locationIds, first: $first, after: $after) {
    nodes { variant { sku } location { code } isUnlikeLedger isUnlikeHolds isUnlikeStates onHand ledgerOnHand allocated
      ledgerAllocated heldAllocated version ledgerVersion }
    pageInfo { hasNextPage endCursor } } }"""
REPAIR = """mutation ($input: StockDriftRepairInput!) { stockDriftRepair(input: $input) {
  replayed isRepaired stockLevel { onHand allocated version } brokenPromises { ownerKind quantity }
  userErrors { code message path } } }"""
TIMELINE = """query ($sku: String!) {
  stockMovements(sku: $sku, first: 2) { nodes { kind onHandChange onHand allocated reason note causeKind actor } }
  stockExplanations(sku: $sku) { nodes { onHand openingOnHand onHandParts { kind quantity movementCount } } } }"""


async def seen(execute: Any, actor: Any = READER, **variables: Any) -> list[tuple[str, str]]:
    found = (await execute(DRIFT, variables, actor=actor))["stockDrift"]
    return [(node["variant"]["sku"], node["location"]["code"]) for node in found["nodes"]]


async def ask(execute: Any, values: dict[str, Any], actor: Any = STAFF) -> dict[str, Any]:
    return (await execute(REPAIR, keyed(values), actor=actor))["stockDriftRepair"]


async def drifted(db: Database) -> Shop:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=5, depot=7)
    await fill(db, shop, "MUG", shibuya=3)
    await tamper(db, f"UPDATE stock SET on_hand = on_hand + 2 WHERE location_id = {shop.places['shibuya']}")
    return shop


async def test_what_differs_is_seen_when_an_audit_has_found_it_or_at_once_where_one_looks(
    db: Database, execute: Any
) -> None:
    shop = await drifted(db)
    assert await seen(execute) == []
    assert await seen(execute, skus=["SHIRT"]) == [("SHIRT", "shibuya")]
    await worker.broken_invariants(db)
    both = [("SHIRT", "shibuya"), ("MUG", "shibuya")]
    assert await seen(execute) == both
    assert await seen(execute, limited(shop, "shibuya")) == both
    assert await seen(execute, limited(shop, "depot")) == []
    assert await seen(execute, locationIds=[shop.place("depot")]) == []
    page = (await execute(DRIFT, {"first": 1}, actor=READER))["stockDrift"]
    assert page["nodes"] == [
        {
            "variant": {"sku": "SHIRT"}, "location": {"code": "shibuya"},
            "isUnlikeLedger": True, "isUnlikeHolds": False, "isUnlikeStates": False,
            "onHand": 7, "ledgerOnHand": 5, "allocated": 0, "ledgerAllocated": 0, "heldAllocated": 0,
            "version": 1, "ledgerVersion": 1,
        }
    ]  # fmt: skip
    assert page["pageInfo"]["hasNextPage"]
    assert await seen(execute, after=page["pageInfo"]["endCursor"]) == both[1:]
    for sku in ("SHIRT", "MUG"):
        await ask(execute, {"sku": sku, "locationId": shop.place("shibuya"), "reason": "CORRECTION"})
    assert await seen(execute) == []


async def test_a_repair_is_done_once_and_told_in_the_timeline(db: Database, execute: Any) -> None:
    shop = await drifted(db)
    await hold(db, wish(shop.variants["SHIRT"], 4, shop.places["shibuya"]))
    values = {
        "sku": "SHIRT", "locationId": shop.place("shibuya"), "countedQuantity": 3, "reason": "COUNT", "note": " oops ",
        "idempotencyKey": "repair-1",
    }  # fmt: skip
    answers = [await ask(execute, values) for _ in range(2)]
    assert [answer.pop("replayed") for answer in answers] == [False, True]
    assert answers[0] == answers[1] == {
        "isRepaired": True,
        "stockLevel": {"onHand": 3, "allocated": 3, "version": 5},
        "brokenPromises": [{"ownerKind": "ORDER", "quantity": 1}],
        "userErrors": [],
    }  # fmt: skip
    told = await execute(TIMELINE, {"sku": "SHIRT"}, actor=READER)
    common = {"kind": "REPAIRED", "reason": "COUNT", "note": "oops", "causeKind": "REPAIR", "actor": "key:staff"}
    assert told["stockMovements"]["nodes"][0] == {"onHandChange": -2, "onHand": 3, "allocated": 3, **common}
    here = next(node for node in told["stockExplanations"]["nodes"] if node["onHand"] == 3)
    assert here["openingOnHand"] == 0
    assert here["onHandParts"] == [
        {"kind": "RECEIVED", "quantity": 5, "movementCount": 1},
        {"kind": "REPAIRED", "quantity": -2, "movementCount": 1},
    ]
    again = await ask(execute, {**values, "idempotencyKey": "repair-2"})
    assert (again["isRepaired"], again["userErrors"]) == (False, [])
    await ask(execute, {"sku": "MUG", "locationId": shop.place("shibuya"), "reason": "CORRECTION"})


async def test_who_may_not_and_what_is_refused(db: Database, execute: Any) -> None:
    shop = await drifted(db)
    values = {"sku": "SHIRT", "locationId": shop.place("shibuya"), "reason": "CORRECTION"}
    for actor, document, variables in (
        (SHOPPER, DRIFT, {}),
        (SHOPPER, REPAIR, keyed(values)),
        (READER, REPAIR, keyed(values)),
    ):
        result = await execute.raw(document, variables, actor=actor)
        assert [error.extensions["code"] for error in result.errors] in (["UNAUTHENTICATED"], ["FORBIDDEN"])
    for changes, code, path in (
        ({"sku": "NO"}, "NOT_FOUND", ["input", "sku"]),
        ({"locationId": "TG9jYXRpb246OTk5OTk5"}, "NOT_FOUND", ["input", "locationId"]),
        ({"countedQuantity": -1}, "INVALID_QUANTITY", ["input", "countedQuantity"]),
        ({"countedQuantity": 1_000_001}, "INVALID_QUANTITY", ["input", "countedQuantity"]),
        ({"note": "x" * 201}, "INVALID_INPUT", ["input", "note"]),
    ):
        [refusal] = refusals(await ask(execute, {**values, **changes}))
        assert (refusal["code"], refusal["path"]) == (code, path)
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["shibuya"]] == (7, 0, 0, 0)
    for sku in ("SHIRT", "MUG"):
        await ask(execute, {**values, "sku": sku})
