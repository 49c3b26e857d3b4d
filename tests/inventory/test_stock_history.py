"""What the ledger tells: stock at an instant, the timeline of a variant, and what its present numbers are made of."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.model import Demand, HoldRequest, OwnerKind
from app.inventory.model.corrections import Cause, Correction
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, put_stock, wish
from tests.inventory.purchases import deliver, ordered
from tests.inventory.shop import READER, Shop, fill, limited, open_shop
from tests.inventory.transfers import receive, send, ship

AS_OF = """query ($skus: [String!], $asOf: DateTime, $locationIds: [ID!], $first: Int! = 100, $after: String) {
  stockLevels(skus: $skus, asOf: $asOf, locationIds: $locationIds, first: $first, after: $after) {
    nodes { variant { sku } location { code } onHand reserved allocated safety available version }
    pageInfo { hasNextPage endCursor } } }"""
TIMELINE = """query ($sku: String!, $locationId: ID, $since: DateTime, $until: DateTime, $first: Int! = 100,
    $after: String) {
  stockMovements(sku: $sku, locationId: $locationId, since: $since, until: $until, first: $first, after: $after) {
    nodes { at kind location { code } onHandChange onHand reserved allocated safety available causeKind actor reason
            order { number } transfer { number status } purchaseOrder { number lines { quantity } } }
    pageInfo { hasNextPage endCursor } } }"""
WHY = """query ($sku: String!, $locationIds: [ID!], $since: DateTime, $first: Int! = 20, $after: String) {
  stockExplanations(sku: $sku, locationIds: $locationIds, since: $since, first: $first, after: $after) {
    nodes { location { code } available onHand openingOnHand onHandParts { kind quantity movementCount }
            reserved reservedFor { ownerKind quantity ownerCount }
            allocated allocatedFor { ownerKind quantity ownerCount } safety
            english: sentence(language: EN) japanese: sentence(language: JA) }
    pageInfo { hasNextPage endCursor } } }"""


def _level(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["variant"]["sku"], row["location"]["code"], row["onHand"], row["reserved"], row["allocated"],
        row["safety"], row["version"],
    )  # fmt: skip


async def _levels(execute: Any, **asked: Any) -> list[tuple[Any, ...]]:
    return [_level(row) for row in (await execute(AS_OF, asked, actor=READER))["stockLevels"]["nodes"]]


async def _instants(db: Database) -> list[datetime]:
    """When each row of the ledger was written, in order."""
    async with db.read() as tx:
        return [row["at"] for row in await tx.connection.fetch("SELECT at FROM ledger ORDER BY entry_id")]


async def _busy_shop(db: Database) -> Shop:
    """One movement a transaction: 47, 3 allocated, 2 reserved, 5 kept off sale, 40 counted; and 6 of another."""
    shop = await open_shop(db, "SHIRT", "MUG", "NEVER")
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]
    await fill(db, shop, "SHIRT", depot=47)
    await hold(db, wish(shirt, 3, depot))
    await hold(db, wish(shirt, 2, depot, expires_at=NOW + timedelta(days=90)))
    cause: dict[str, Any] = {"cause_id": new_id(), "actor": "key:depot"}
    async with db.write() as tx:
        await set_safety_stock(tx, variant_id=shirt, location_id=depot, quantity=5, reason="fair", **cause)
    async with db.write() as tx:
        await correct_stock(
            tx,
            [Correction(shirt, depot, delta=-7)],
            cause=Cause("STAFF", cause["cause_id"], cause["actor"], NOW, "count"),
        )
    await fill(db, shop, "MUG", shibuya=6)
    return shop


async def test_stock_as_of_the_instants_around_each_movement(db: Database, execute: Any) -> None:
    await _busy_shop(db)
    at = await _instants(db)
    after = [
        [],
        [("SHIRT", "depot", 47, 0, 0, 0, 1)],
        [("SHIRT", "depot", 47, 0, 3, 0, 2)],
        [("SHIRT", "depot", 47, 2, 3, 0, 3)],
        [("SHIRT", "depot", 47, 2, 3, 5, 4)],
        [("SHIRT", "depot", 40, 2, 3, 5, 5)],
        [("SHIRT", "depot", 40, 2, 3, 5, 5), ("MUG", "shibuya", 6, 0, 0, 0, 1)],
    ]
    a_moment = timedelta(microseconds=1)
    for number, instant in enumerate(at):
        assert await _levels(execute, asOf=(instant - a_moment).isoformat()) == after[number]
        assert await _levels(execute, asOf=instant.isoformat()) == after[number + 1]
        assert await _levels(execute, asOf=(instant + a_moment).isoformat()) == after[number + 1]
    assert await _levels(execute, asOf="2000-01-01T00:00:00Z") == []
    assert await _levels(execute, asOf="2999-01-01T00:00:00Z") == await _levels(execute) == after[-1]


async def test_an_instant_is_the_same_in_every_time_zone(db: Database, execute: Any) -> None:
    await _busy_shop(db)
    utc = (await _instants(db))[2]
    japan = (utc + timedelta(hours=9)).replace(tzinfo=None).isoformat() + "+09:00"
    assert await _levels(execute, asOf=japan) == [("SHIRT", "depot", 47, 2, 3, 0, 3)]


async def test_many_variants_as_of_an_instant_are_one_statement_and_paged(
    db: Database, execute: Any, count_statements: Any
) -> None:
    skus = [f"V{number}" for number in range(30)]
    shop = await open_shop(db, *skus)
    async with db.write() as tx:
        for number, sku in enumerate(skus, 1):
            for place in ("shibuya", "umeda"):
                await put_stock(tx, shop.variants[sku], shop.places[place], number)
    instant = (await _instants(db))[-1].isoformat()
    await fill(db, shop, "V0", shibuya=1_000)
    counts: list[int] = []
    for wanted in (skus[:1], skus):
        with count_statements() as count:
            rows = await _levels(execute, skus=wanted, asOf=instant)
        counts.append(count.total)
        assert [row[:3] for row in rows] == [
            (sku, place, int(sku[1:]) + 1) for sku in wanted for place in ("shibuya", "umeda")
        ]
    assert counts[0] == counts[1]
    paged, after = [], None
    while True:
        asked = {"skus": skus, "asOf": instant, "first": 7, "after": after}
        page = (await execute(AS_OF, asked, actor=READER))["stockLevels"]
        paged += map(_level, page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == rows


async def test_keys_limited_to_locations_see_the_past_of_those_only(db: Database, execute: Any) -> None:
    shop = await _busy_shop(db)
    asked = {"asOf": "2999-01-01T00:00:00Z"}
    seen = await execute(AS_OF, asked, actor=limited(shop, "shibuya"))
    assert [_level(row)[:2] for row in seen["stockLevels"]["nodes"]] == [("MUG", "shibuya")]
    result = await execute.raw(AS_OF, asked)
    assert [error.extensions["code"] for error in result.errors] == ["UNAUTHENTICATED"]


async def test_the_timeline_of_a_time_keeps_its_balances(db: Database, execute: Any) -> None:
    await _busy_shop(db)
    at = await _instants(db)

    async def told(**asked: Any) -> list[tuple[Any, ...]]:
        page = (await execute(TIMELINE, {"sku": "SHIRT", **asked}, actor=READER))["stockMovements"]
        return [(row["kind"], row["onHand"], row["available"]) for row in page["nodes"]]

    everything = [
        ("ADJUSTED", 40, 30),
        ("SAFETY_SET", 47, 37),
        ("RESERVED", 47, 42),
        ("ALLOCATED", 47, 44),
        ("RECEIVED", 47, 47),
    ]
    assert await told() == everything
    assert await told(since=at[1].isoformat()) == everything[:4]
    assert await told(until=at[2].isoformat()) == everything[2:]
    assert await told(since=at[1].isoformat(), until=at[2].isoformat()) == everything[2:4]
    assert await told(until=(at[2] - timedelta(microseconds=1)).isoformat()) == everything[3:]
    assert await told(since=(at[4] + timedelta(microseconds=1)).isoformat()) == []
    assert await told(until=(at[0] - timedelta(microseconds=1)).isoformat()) == []
    paged, after = [], None
    while True:
        asked = {"sku": "SHIRT", "since": at[1].isoformat(), "until": at[3].isoformat(), "first": 1, "after": after}
        page = (await execute(TIMELINE, asked, actor=READER))["stockMovements"]
        paged += [(row["kind"], row["onHand"], row["available"]) for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == everything[1:4]


async def test_the_timeline_leads_to_what_caused_each_row(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    shirt, depot, store = shop.variants["SHIRT"], shop.places["depot"], shop.places["shibuya"]
    await fill(db, shop, "SHIRT", depot=47)
    transfer_id = await send(db, depot, store, (shirt, 10))
    await ship(db, transfer_id)
    await receive(db, transfer_id, {1: 4})
    asked = {"sku": "SHIRT", "locationId": shop.place("shibuya")}
    [row] = (await execute(TIMELINE, asked, actor=READER))["stockMovements"]["nodes"]
    assert (row["kind"], row["onHandChange"], row["causeKind"]) == ("TRANSFERRED_IN", 4, "TRANSFER")
    assert row["transfer"]["status"] == "PARTIALLY_RECEIVED"
    assert row["transfer"]["number"].startswith("TR-")
    await deliver(db, await ordered(db, store, (shirt, 9)), {1: 5})
    row, _ = (await execute(TIMELINE, asked, actor=READER))["stockMovements"]["nodes"]
    assert (row["kind"], row["onHand"], row["transfer"]) == ("RECEIVED", 9, None)
    assert row["purchaseOrder"]["number"].startswith("PO-")
    assert row["purchaseOrder"]["lines"] == [{"quantity": 9}]


async def test_c7_why_is_this_number_30(db: Database, execute: Any) -> None:
    """C-7: the sellable figure and the real one diverge, and nobody can tell why."""
    shop = await _busy_shop(db)
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]
    requests = [
        HoldRequest(OwnerKind.CART, new_id(), (Demand(1, shirt, units, (depot,)),), NOW + timedelta(days=90))
        for units in (1, 4)
    ]
    await db.in_write(lambda tx: hold_stock(tx, requests, actor="shopper"))
    await fill(db, shop, "SHIRT", depot=1, umeda=2)
    asked = {"sku": "SHIRT", "locationIds": [shop.place("depot")]}
    [why] = (await execute(WHY, asked, actor=READER))["stockExplanations"]["nodes"]
    assert why == {
        "location": {"code": "depot"},
        "available": 26,
        "onHand": 41,
        "openingOnHand": 0,
        "onHandParts": [
            {"kind": "ADJUSTED", "quantity": -7, "movementCount": 1},
            {"kind": "RECEIVED", "quantity": 48, "movementCount": 2},
        ],
        "reserved": 7,
        "reservedFor": [
            {"ownerKind": "CART", "quantity": 5, "ownerCount": 2},
            {"ownerKind": "ORDER", "quantity": 2, "ownerCount": 1},
        ],
        "allocated": 3,
        "allocatedFor": [{"ownerKind": "ORDER", "quantity": 3, "ownerCount": 1}],
        "safety": 5,
        "english": "41 on hand − 7 reserved for 2 carts and 1 order − 3 allocated for 1 order − 5 kept off sale "
        "= 26 available.",
        "japanese": "実在庫 41 − 仮引当 7(カート 2 件、注文 1 件) − 引当 3(注文 1 件) − 安全在庫 5 = 26 が販売可能。",
    }
    since = (await _instants(db))[-1].isoformat()
    [later] = (await execute(WHY, {**asked, "since": since}, actor=READER))["stockExplanations"]["nodes"]
    assert (later["openingOnHand"], later["onHandParts"]) == (41, [])


async def test_explanations_are_paged_by_location_and_limited(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "NEVER")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=2, depot=3)
    found, after = [], None
    while True:
        asked = {"sku": "SHIRT", "first": 1, "after": after}
        page = (await execute(WHY, asked, actor=READER))["stockExplanations"]
        found += [(node["location"]["code"], node["available"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [("shibuya", 1), ("umeda", 2), ("depot", 3)]
    own = await execute(WHY, {"sku": "SHIRT"}, actor=limited(shop, "umeda"))
    assert [node["available"] for node in own["stockExplanations"]["nodes"]] == [2]
    assert (await execute(WHY, {"sku": "NEVER"}, actor=READER))["stockExplanations"]["nodes"] == []
    result = await execute.raw(WHY, {"sku": "NONE"}, actor=READER)
    assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]


async def test_more_kept_off_sale_than_there_is_says_so(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=3)
    async with db.write() as tx:
        await set_safety_stock(
            tx, variant_id=shop.variants["SHIRT"], location_id=shop.places["depot"], quantity=5, cause_id=new_id(),
            actor="test",
        )  # fmt: skip
    [why] = (await execute(WHY, {"sku": "SHIRT"}, actor=READER))["stockExplanations"]["nodes"]
    assert why["available"] == 0
    assert why["english"] == "3 on hand − 5 kept off sale = -2, so 0 available."
    assert why["japanese"] == "実在庫 3 − 安全在庫 5 = -2、よって販売可能は 0。"


async def test_parts_add_up_while_units_move(db: Database, execute: Any) -> None:
    """A race of sellers and readers: every answer is of one moment."""
    shop = await open_shop(db, "SHIRT")
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]
    await fill(db, shop, "SHIRT", depot=40)

    async def sell(number: int) -> None:
        expires = NOW + timedelta(days=90) if number % 2 else None
        await hold(db, wish(shirt, 1, depot, expires_at=expires))
        await fill(db, shop, "SHIRT", depot=1)

    async def read(number: int) -> None:
        del number
        [why] = (await execute(WHY, {"sku": "SHIRT"}, actor=READER))["stockExplanations"]["nodes"]
        assert sum(part["quantity"] for part in why["onHandParts"]) == why["onHand"]
        assert sum(part["quantity"] for part in why["reservedFor"]) == why["reserved"]
        assert sum(part["quantity"] for part in why["allocatedFor"]) == why["allocated"]
        assert why["available"] == why["onHand"] - why["reserved"] - why["allocated"]
        [level] = await _levels(execute, skus=["SHIRT"], asOf="2999-01-01T00:00:00Z")
        assert level[-1] >= 1

    await asyncio.gather(*(task(number) for number in range(20) for task in (sell, read)))
    assert await counters(db) == {(shirt, depot): (60, 10, 10, 0)}
