"""Count sessions through the schema, from the opening to the corrected ledger."""

from typing import Any, Final

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SHOPPER, Actor, ActorKind
from tests.conftest import keyed
from tests.inventory.builders import counters, hold, wish
from tests.inventory.shop import READER, STAFF, Shop, fill, limited, open_shop, refusals

ANN: Final = Actor(ActorKind.STAFF, "key:ann", STAFF.scopes)
BOSS: Final = Actor(ActorKind.STAFF, "key:boss", STAFF.scopes | {"stock:approve"})
FIELDS = """countSession { id number status location { code } hasAllLines needsFourEyes note openedBy closedBy closedAt
    version }
  userErrors { __typename code message path ... on CountIncompleteError { uncounted disputed }
    ... on FourEyesNeededError { countedBy } ... on BeingCountedError { sku countNumber }
    ... on InsufficientStockError { requested available sku } ... on InvalidTransitionError { currentStatus }
    ... on VersionConflictError { currentVersion } }"""
BROKEN = "brokenPromises { ownerKind quantity variant { sku } }"
DOCUMENTS = {
    verb: f"""mutation ($input: CountSession{verb}Input!) {{
      countSession{verb}(input: $input) {{ replayed {FIELDS} {BROKEN if verb == "Approve" else ""} }} }}"""
    for verb in ("Open", "Record", "Reject", "Approve", "Cancel")
}
LINES = """query ($id: ID!, $state: CountLineState, $only: Boolean! = false, $first: Int! = 20, $after: String) {
  countLines(countSessionId: $id, state: $state, onlyDifferences: $only, first: $first, after: $after) {
    nodes { variant { sku } state passNo difference recountNote
      records { recordNo passNo countedQuantity ledgerQuantity difference countedBy } }
    pageInfo { hasNextPage endCursor } } }"""
ALL = """query ($status: CountStatus, $locationId: ID, $first: Int! = 20, $after: String) {
  countSessions(status: $status, locationId: $locationId, first: $first, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""


async def ask(execute: Any, verb: str, values: dict[str, Any], actor: Any = BOSS) -> dict[str, Any]:
    [payload] = (await execute(DOCUMENTS[verb], keyed(values), actor=actor)).values()
    return payload


async def begun(execute: Any, shop: Shop, *skus: str, place: str = "depot", **others: Any) -> dict[str, Any]:
    """The input of steps of a session that was opened."""
    values = {"locationId": shop.place(place), "skus": list(skus) or None, **others}
    return {"countSessionId": (await ask(execute, "Open", values))["countSession"]["id"]}


def found(**units: int) -> dict[str, Any]:
    return {"counts": [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]}


async def test_from_the_opening_to_the_corrected_ledger(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=5)
    await fill(db, shop, "MUG", depot=3)
    values = {"locationId": shop.place("depot"), "skus": ["SHIRT", "MUG"], "note": " spring "}
    opened = await ask(execute, "Open", values)
    session = opened["countSession"]
    assert (opened["userErrors"], session["number"][:4]) == ([], "CT-7")
    assert {name: session[name] for name in session if name not in {"id", "number"}} == {
        "status": "OPEN", "location": {"code": "depot"}, "hasAllLines": True, "needsFourEyes": True, "note": "spring",
        "openedBy": "key:boss", "closedBy": None, "closedAt": None, "version": 1,
    }  # fmt: skip
    about = {"countSessionId": session["id"]}
    await ask(execute, "Record", {**about, **found(SHIRT=4, MUG=1)}, actor=ANN)
    await ask(execute, "Reject", {**about, "skus": ["MUG"], "note": "top shelf"})
    early = await ask(execute, "Approve", about)
    assert refusals(early) == [
        {"__typename": "CountIncompleteError", "code": "COUNT_INCOMPLETE", "path": None, "uncounted": ["MUG"],
         "disputed": []}
    ]  # fmt: skip
    await ask(execute, "Record", {**about, **found(MUG=3)}, actor=ANN)
    counter = await ask(execute, "Approve", about, actor=Actor(ActorKind.STAFF, "key:ann", BOSS.scopes))
    assert (refusals(counter)[0]["code"], refusals(counter)[0]["countedBy"]) == ("FOUR_EYES_NEEDED", ["key:ann"])
    lines = (await execute(LINES, {"id": session["id"]}, actor=READER))["countLines"]["nodes"]
    assert [(line["variant"]["sku"], line["state"], line["passNo"], line["difference"]) for line in lines] == [
        ("SHIRT", "COUNTED", 1, -1),
        ("MUG", "COUNTED", 2, 0),
    ]
    assert lines[1]["recountNote"] == "top shelf"
    assert lines[1]["records"] == [
        {"recordNo": 1, "passNo": 1, "countedQuantity": 1, "ledgerQuantity": 3, "difference": -2,
         "countedBy": "key:ann"},
        {"recordNo": 2, "passNo": 2, "countedQuantity": 3, "ledgerQuantity": 3, "difference": 0,
         "countedBy": "key:ann"},
    ]  # fmt: skip
    done = await ask(execute, "Approve", {**about, "expectedVersion": 4})
    assert (done["countSession"]["status"], done["countSession"]["closedBy"]) == ("APPROVED", "key:boss")
    assert (done["userErrors"], done["brokenPromises"]) == ([], [])
    depot = shop.places["depot"]
    assert await counters(db) == {
        (shop.variants["SHIRT"], depot): (4, 0, 0, 0),
        (shop.variants["MUG"], depot): (3, 0, 0, 0),
    }
    moved = (
        """{ stockMovements(sku: "SHIRT", first: 1) { nodes { kind onHandChange actor note countSession { id } } } }"""
    )
    [movement] = (await execute(moved, {}, actor=READER))["stockMovements"]["nodes"]
    assert movement == {
        "kind": "COUNTED", "onHandChange": -1, "actor": "key:boss", "note": "spring",
        "countSession": {"id": session["id"]},
    }  # fmt: skip


async def test_steps_with_a_key_are_done_once(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=5)
    opening = {"locationId": shop.place("depot"), "skus": ["SHIRT"], "idempotencyKey": "o"}
    first, again = [await ask(execute, "Open", opening) for _ in range(2)]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["countSession"] == again["countSession"]
    about = {"countSessionId": first["countSession"]["id"]}
    for verb, actor, values in (("Record", ANN, found(SHIRT=4)), ("Reject", BOSS, {"skus": ["SHIRT"]})):
        step = {**about, **values, "idempotencyKey": verb}
        answers = [await ask(execute, verb, step, actor) for _ in range(2)]
        assert [answer["replayed"] for answer in answers] == [False, True]
    await ask(execute, "Record", {**about, **found(SHIRT=4)}, actor=ANN)
    answers = [await ask(execute, "Approve", {**about, "idempotencyKey": "a"}) for _ in range(2)]
    assert [(answer["replayed"], answer["countSession"]["status"]) for answer in answers] == [
        (False, "APPROVED"),
        (True, "APPROVED"),
    ]
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["depot"]): (4, 0, 0, 0)}


async def test_refusals_tell_their_facts(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=5)
    await hold(db, wish(shop.variants["SHIRT"], 5, shop.places["depot"]))
    about = await begun(execute, shop, "SHIRT")
    twice = await ask(execute, "Open", {"locationId": shop.place("depot"), "skus": ["SHIRT"]})
    assert (refusals(twice)[0]["code"], refusals(twice)[0]["sku"]) == ("BEING_COUNTED", "SHIRT")
    assert refusals(twice)[0]["countNumber"].startswith("CT-7")
    foreign = await ask(execute, "Record", {**about, **found(MUG=1)})
    assert (refusals(foreign)[0]["code"], refusals(foreign)[0]["path"]) == ("NOT_FOUND", ["input", "counts"])
    negative = await ask(execute, "Record", {**about, **found(SHIRT=-1)})
    assert refusals(negative)[0]["path"] == ["input", "counts", "0", "quantity"]
    unknown = await ask(execute, "Reject", {**about, "skus": ["SHIRT", "SOCK"]})
    assert refusals(unknown)[0]["path"] == ["input", "skus", "1"]
    await ask(execute, "Record", {**about, **found(SHIRT=3)}, actor=ANN)
    short = await ask(execute, "Approve", about)
    assert refusals(short) == [
        {"__typename": "InsufficientStockError", "code": "INSUFFICIENT_STOCK", "path": None, "requested": 2,
         "available": 0, "sku": "SHIRT"}
    ]  # fmt: skip
    stale = await ask(execute, "Approve", {**about, "expectedVersion": 1})
    assert refusals(stale)[0]["currentVersion"] == 2
    broken = await ask(execute, "Approve", {**about, "promises": "BREAK_YOUNGEST"})
    assert broken["brokenPromises"] == [{"ownerKind": "ORDER", "quantity": 2, "variant": {"sku": "SHIRT"}}]
    ended = await ask(execute, "Cancel", about)
    assert (refusals(ended)[0]["code"], refusals(ended)[0]["currentStatus"]) == ("INVALID_TRANSITION", "APPROVED")
    nothing = await ask(execute, "Cancel", {"countSessionId": global_id("CountSession", new_id())})
    assert refusals(nothing)[0]["code"] == "NOT_FOUND"
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["depot"]): (3, 0, 3, 0)}


async def test_who_may_count_may_not_approve_and_keys_count_at_their_own_locations(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    about = await begun(execute, shop, "SHIRT")
    for verb, values in (("Approve", {}), ("Reject", {"skus": ["SHIRT"]})):
        result = await execute.raw(DOCUMENTS[verb], keyed({**about, **values}), actor=ANN)
        assert result.errors[0].extensions["code"] == "FORBIDDEN"
    result = await execute.raw(DOCUMENTS["Record"], keyed({**about, **found(SHIRT=1)}), actor=READER)
    assert result.errors[0].extensions["code"] == "FORBIDDEN"
    result = await execute.raw(LINES, {"id": about["countSessionId"]}, actor=SHOPPER)
    assert result.errors[0].extensions["code"] == "UNAUTHENTICATED"
    elsewhere = await ask(execute, "Record", {**about, **found(SHIRT=1)}, actor=limited(shop, "umeda"))
    assert (refusals(elsewhere)[0]["code"], refusals(elsewhere)[0]["path"]) == (
        "NOT_FOUND",
        ["input", "countSessionId"],
    )
    unseen = await execute(LINES, {"id": about["countSessionId"]}, actor=limited(shop, "umeda"))
    assert unseen["countLines"]["nodes"] == []
    here = await ask(execute, "Record", {**about, **found(SHIRT=1)}, actor=limited(shop, "depot"))
    assert here["userErrors"] == []


async def test_lists_are_filtered_and_paged(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "A", "B", "C")
    sessions = [(await begun(execute, shop, place=place))["countSessionId"] for place in ("depot", "umeda", "depot")]
    await ask(execute, "Cancel", {"countSessionId": sessions[2]})

    async def ids(actor: Any = READER, **filters: Any) -> list[int]:
        page = (await execute(ALL, filters, actor=actor))["countSessions"]
        return [sessions.index(node["id"]) for node in page["nodes"]]

    assert await ids() == [2, 1, 0]
    assert await ids(status="OPEN") == [1, 0]
    assert await ids(locationId=shop.place("depot")) == [2, 0]
    assert await ids(limited(shop, "umeda")) == [1]
    first = (await execute(ALL, {"first": 2}, actor=READER))["countSessions"]["pageInfo"]
    assert first["hasNextPage"] is True
    assert await ids(after=first["endCursor"]) == [0]
    about = {"countSessionId": sessions[0]}
    await ask(execute, "Record", {**about, **found(A=0, B=2, C=4)}, actor=ANN)
    await ask(execute, "Record", {**about, **found(C=5)}, actor=STAFF)
    await ask(execute, "Reject", {**about, "skus": ["A"]})

    async def skus(**filters: Any) -> list[str]:
        page = (await execute(LINES, {"id": sessions[0], **filters}, actor=READER))["countLines"]
        return [node["variant"]["sku"] for node in page["nodes"]]

    assert await skus() == ["A", "B", "C"]
    assert [await skus(state=state) for state in ("UNCOUNTED", "COUNTED", "DISPUTED")] == [["A"], ["B"], ["C"]]
    assert await skus(only=True) == ["B", "C"]
    page = (await execute(LINES, {"id": sessions[0], "first": 1}, actor=READER))["countLines"]["pageInfo"]
    assert await skus(after=page["endCursor"]) == ["B", "C"]
