"""What people and systems that work with stock ask."""

from typing import Any

import pytest

from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.actions.ship_claims import ship_claims
from app.inventory.model import Claim
from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SHOPPER, Actor, ActorKind
from app.partners.actions.create_partner import create_partner
from tests.conftest import NOW
from tests.inventory.builders import hold, wish
from tests.inventory.shop import READER, fill, limited, open_shop
from tests.inventory.transfers import receive, send, ship
from tests.locations.builders import make_location

LEVELS = """query ($skus: [String!], $locationIds: [ID!], $first: Int! = 50, $after: String) {
  stockLevels(skus: $skus, locationIds: $locationIds, first: $first, after: $after) {
    nodes { variant { sku } location { code } available onHand reserved allocated safety version }
    pageInfo { hasNextPage endCursor } } }"""
MOVEMENTS = """query ($sku: String!, $locationId: ID, $first: Int! = 50, $after: String) {
  stockMovements(sku: $sku, locationId: $locationId, first: $first, after: $after) {
    nodes { kind location { code } onHandChange reservedChange allocatedChange safetyChange onHand reserved allocated
            safety reason causeKind actor transfer { number } order { id } }
    pageInfo { hasNextPage endCursor } } }"""
TRANSFERS = """query ($status: TransferStatus, $from: ID, $to: ID, $first: Int! = 20, $after: String) {
  transfers(status: $status, fromLocationId: $from, toLocationId: $to, first: $first, after: $after) {
    nodes { id number status fromLocation { code } toLocation { code }
            lines { lineNo variant { sku } quantity shippedQuantity receivedQuantity lostQuantity inTransitQuantity } }
    pageInfo { hasNextPage endCursor } } }"""


async def pages(execute: Any, query: str, name: str, **variables: Any) -> list[dict[str, Any]]:
    """All rows, two at a time."""
    rows, after = [], None
    while True:
        page = (await execute(query, {**variables, "first": 2, "after": after}, actor=READER))[name]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]


async def test_levels_are_found_by_variant_and_location(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=3, depot=9)
    await fill(db, shop, "MUG", shibuya=1, umeda=2, elsewhere=7)
    everything = (await execute(LEVELS, actor=READER))["stockLevels"]["nodes"]
    assert [(row["variant"]["sku"], row["location"]["code"], row["onHand"]) for row in everything] == [
        ("SHIRT", "shibuya", 3),
        ("SHIRT", "depot", 9),
        ("MUG", "shibuya", 1),
        ("MUG", "umeda", 2),
        ("MUG", "elsewhere", 7),
    ]
    assert await pages(execute, LEVELS, "stockLevels") == everything
    some = await execute(LEVELS, {"skus": ["MUG", "NO", "\0"], "locationIds": [shop.place("umeda")]}, actor=READER)
    assert some["stockLevels"]["nodes"] == [everything[3]]
    own = await execute(LEVELS, {"locationIds": None}, actor=limited(shop, "depot", "umeda"))
    assert own["stockLevels"]["nodes"] == [everything[1], everything[3]]


async def test_the_ledger_explains_every_figure(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    shirt, depot, store = shop.variants["SHIRT"], shop.places["depot"], shop.places["shibuya"]
    await fill(db, shop, "SHIRT", depot=47)
    request = wish(shirt, 3, depot)
    await hold(db, request)
    transfer_id = await send(db, depot, store, (shirt, 10))
    await ship(db, transfer_id)
    await receive(db, transfer_id, {1: 4})
    async with db.write() as tx:
        await ship_claims(tx, request.owner_id, [Claim(1, shirt, depot, 2)], actor="key:depot")
        await set_safety_stock(
            tx, variant_id=shirt, location_id=depot, quantity=5, reason="fair", cause_id=new_id(), actor="key:depot"
        )
    rows = await pages(execute, MOVEMENTS, "stockMovements", sku="SHIRT")
    told = [
        (row["kind"], row["location"]["code"], row["onHand"], row["reserved"], row["allocated"], row["safety"])
        for row in rows
    ]
    assert told[:2] == [("SAFETY_SET", "depot", 35, 0, 1, 5), ("SHIPPED", "depot", 35, 0, 1, 0)]
    assert sorted(told[2:6]) == sorted(
        [
            ("TRANSFERRED_IN", "shibuya", 4, 0, 0, 0),
            ("TRANSFERRED_OUT", "IN-TRANSIT", 6, 0, 6, 0),
            ("TRANSFERRED_OUT", "depot", 37, 0, 3, 0),
            ("TRANSFERRED_IN", "IN-TRANSIT", 10, 0, 10, 0),
        ]
    )
    assert told[6:] == [
        ("ALLOCATED", "depot", 47, 0, 13, 0),
        ("ALLOCATED", "depot", 47, 0, 3, 0),
        ("RECEIVED", "depot", 47, 0, 0, 0),
    ]
    assert (rows[0]["reason"], rows[0]["safetyChange"], rows[0]["actor"]) == ("fair", 5, "key:depot")
    assert {row["transfer"]["number"][:3] for row in rows if row["causeKind"] == "TRANSFER"} == {"TR-"}
    assert [row["order"] for row in rows] == [None] * len(rows)
    at_depot = await pages(execute, MOVEMENTS, "stockMovements", sku="SHIRT", locationId=shop.place("depot"))
    assert at_depot == [row for row in rows if row["location"]["code"] == "depot"]
    limits = await execute(MOVEMENTS, {"sku": "SHIRT"}, actor=limited(shop, "shibuya"))
    assert [row["onHand"] for row in limits["stockMovements"]["nodes"]] == [4]


async def test_transfers_are_listed_newest_first(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    shirt = shop.variants["SHIRT"]
    await fill(db, shop, "SHIRT", depot=50)
    ids = [await send(db, shop.places["depot"], shop.places[to], (shirt, 2)) for to in ("umeda", "shibuya", "umeda")]
    await ship(db, ids[0])
    rows = await pages(execute, TRANSFERS, "transfers")
    assert [row["id"] for row in rows] == [global_id("Transfer", key) for key in reversed(ids)]
    assert rows[2]["lines"] == [
        {
            "lineNo": 1,
            "variant": {"sku": "SHIRT"},
            "quantity": 2,
            "shippedQuantity": 2,
            "receivedQuantity": 0,
            "lostQuantity": 0,
            "inTransitQuantity": 2,
        }
    ]
    assert await pages(execute, TRANSFERS, "transfers", status="IN_TRANSIT") == [rows[2]]
    assert await pages(execute, TRANSFERS, "transfers", to=shop.place("shibuya")) == [rows[1]]
    assert await pages(execute, TRANSFERS, "transfers", **{"from": shop.place("umeda")}) == []
    own = await execute(TRANSFERS, actor=limited(shop, "shibuya"))
    assert own["transfers"]["nodes"] == [rows[1]]


async def test_one_transfer_by_id_for_those_who_may_see_it(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=5)
    transfer_id = await send(db, shop.places["depot"], shop.places["umeda"], (shop.variants["SHIRT"], 2))
    variables = {"id": global_id("Transfer", transfer_id)}
    query = "query ($id: ID!) { transfer(id: $id) { status } node(id: $id) { id } }"
    assert await execute(query, variables, actor=limited(shop, "umeda")) == {
        "transfer": {"status": "READY_TO_SHIP"},
        "node": variables,
    }
    nothing = {"transfer": None, "node": None}
    assert await execute(query, variables, actor=limited(shop, "shibuya")) == nothing
    assert await execute(query, {"id": global_id("Transfer", new_id())}, actor=READER) == nothing
    assert (await execute("query ($id: ID!) { node(id: $id) { id } }", variables)) == {"node": None}


async def test_a_partner_sees_the_stock_of_its_own_places(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="wms", name="A warehouse company", kind="WAREHOUSE", now=NOW)
        shop.places["theirs"] = await make_location(tx, code="theirs", kind="EC_WAREHOUSE", partner_id=partner_id)
    await fill(db, shop, "SHIRT", theirs=5, depot=9)
    partner = Actor(ActorKind.PARTNER, "key:wms", frozenset({"stock:read"}), partner_id=partner_id)
    levels = (await execute(LEVELS, actor=partner))["stockLevels"]["nodes"]
    assert [(row["location"]["code"], row["onHand"]) for row in levels] == [("theirs", 5)]


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        (LEVELS, {"first": 101}, "INVALID_INPUT"),
        (LEVELS, {"after": "nonsense"}, "INVALID_INPUT"),
        (LEVELS, {"skus": ["A"] * 101}, "INVALID_INPUT"),
        (LEVELS, {"locationIds": ["TG9jYXRpb246MQ"] * 101}, "INVALID_INPUT"),
        (LEVELS, {"locationIds": ["nonsense"]}, "NOT_FOUND"),
        (MOVEMENTS, {"sku": "NO"}, "NOT_FOUND"),
        (MOVEMENTS, {"sku": "\0"}, "NOT_FOUND"),
        (MOVEMENTS, {"sku": "NO", "after": "Wy0xXQ"}, "INVALID_INPUT"),
        (TRANSFERS, {"after": "WyJ4Il0"}, "INVALID_INPUT"),
        (TRANSFERS, {"from": "nonsense"}, "NOT_FOUND"),
        ('{ transfer(id: "nonsense") { id } }', {}, "NOT_FOUND"),
    ],
)
async def test_bad_arguments_are_refused(
    db: Database, execute: Any, query: str, variables: dict[str, Any], code: str
) -> None:
    result = await execute.raw(query, variables, actor=READER)
    assert [error.extensions["code"] for error in result.errors] == [code]


async def test_ids_and_cursors_of_any_size_are_harmless(db: Database, execute: Any) -> None:
    big = global_id("Location", 2**63 - 1)
    assert (await execute(LEVELS, {"locationIds": [big]}, actor=READER))["stockLevels"]["nodes"] == []
    assert (await execute(TRANSFERS, {"from": big}, actor=READER))["transfers"]["nodes"] == []


async def test_without_the_scope_nothing_is_told(db: Database, execute: Any) -> None:
    for query in ("{ stockLevels { nodes { onHand } } }", "{ transfers { nodes { number } } }"):
        for actor, code in [
            (SHOPPER, "UNAUTHENTICATED"),
            (Actor(ActorKind.STAFF, "key:x", frozenset({"orders:read"})), "FORBIDDEN"),
        ]:
            result = await execute.raw(query, actor=actor, now=NOW)
            assert [error.extensions["code"] for error in result.errors] == [code]
