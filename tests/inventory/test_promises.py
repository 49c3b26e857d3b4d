"""What can be promised, and from which day on."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.model.promises import Promise, day_in_japan, merged, promises_of
from app.inventory.model.transfers import TransferLineDraft
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import hold, wish
from tests.inventory.purchases import deliver, draft, ordered, redate, step
from tests.inventory.shop import READER, Shop, fill, limited, open_shop
from tests.inventory.transfers import receive, send, ship

TODAY, DEC_1, DEC_5 = date(2026, 11, 22), date(2026, 12, 1), date(2026, 12, 5)
PROMISES = """query ($sku: String!, $mode: AvailabilityMode!, $near: NearInput, $locationIds: [ID!], $first: Int! = 5) {
  variant(sku: $sku) { availability(mode: $mode, near: $near, locationIds: $locationIds, first: $first) {
    available isAvailable onHand promises { date quantity }
    locations { location { code } available onHand promises { date quantity } } } } }"""
INCOMING = """query ($skus: [String!]!, $locationIds: [ID!], $first: Int! = 50, $after: String) {
  incomingSupplies(skus: $skus, locationIds: $locationIds, first: $first, after: $after) {
    nodes { variant { sku } location { code } quantity expectedOn isLate lineNo
            purchaseOrder { supplierName } transfer { status } }
    pageInfo { hasNextPage endCursor } } }"""


async def asked(execute: Any, sku: str = "SHIRT", *, mode: str = "PROMISABLE", now: Any = None, **rest: Any) -> Any:
    data = await execute(PROMISES, {"sku": sku, "mode": mode, **rest}, actor=READER, now=now)
    return data["variant"]["availability"]


def told(promises: Any) -> list[tuple[str, int]]:
    return [(promise["date"], promise["quantity"]) for promise in promises]


def places(availability: Any) -> dict[str, list[tuple[str, int]]]:
    """By code, in the order in which they are listed."""
    return {level["location"]["code"]: told(level["promises"]) for level in availability["locations"]}


async def on_its_way(db: Database, source: int, destination: int, line: tuple[int, int], at: datetime) -> UUID:
    async with db.write() as tx:
        transfer_id = await create_transfer(
            tx,
            from_location_id=source,
            to_location_id=destination,
            lines=[TransferLineDraft(*line)],
            expected_at=at,
            actor="test",
            now=NOW,
        )
    await ship(db, transfer_id)
    return transfer_id


async def _filled(db: Database) -> Shop:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=3, depot=2)
    return shop


@pytest.mark.parametrize(
    ("free", "incoming", "promised"),
    [
        (0, [], []),
        (4, [], [(TODAY, 4)]),
        (4, [(DEC_1, 6)], [(TODAY, 4), (DEC_1, 6)]),
        (4, [(TODAY, 6)], [(TODAY, 10)]),
        (-5, [(DEC_1, 5)], []),
        (-5, [(DEC_1, 3), (DEC_5, 4)], [(DEC_5, 2)]),
        (-5, [(DEC_1, 8), (DEC_5, 4)], [(DEC_1, 3), (DEC_5, 4)]),
    ],
)
def test_what_is_expected_first_fills_what_is_missing(
    free: int, incoming: list[tuple[date, int]], promised: list[tuple[date, int]]
) -> None:
    found = promises_of(free, incoming, today=TODAY)
    assert found == [Promise(day, units) for day, units in promised]
    assert sum(promise.quantity for promise in found) == max(free + sum(units for _, units in incoming), 0)


def test_promises_of_several_places_are_added_up_by_day() -> None:
    promises = [Promise(DEC_5, 1), Promise(DEC_1, 2), Promise(DEC_5, 3)]
    assert merged(promises) == [Promise(DEC_1, 2), Promise(DEC_5, 4)]


def test_a_day_is_a_day_of_japan() -> None:
    assert day_in_japan(datetime(2026, 11, 22, 14, 59, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert day_in_japan(datetime(2026, 11, 22, 15, 0, tzinfo=UTC)) == date(2026, 11, 23)


async def test_purchase_orders_are_promised_on_their_days(db: Database, execute: Any) -> None:
    shop = await _filled(db)
    shirt, depot, umeda = shop.variants["SHIRT"], shop.places["depot"], shop.places["umeda"]
    await ordered(db, depot, (shirt, 10, DEC_1), (shirt, 4, DEC_5), (shop.variants["MUG"], 99, DEC_1))
    await ordered(db, umeda, (shirt, 7, DEC_1), (shirt, 50))
    found = await asked(execute)
    assert (found["available"], found["isAvailable"], found["onHand"]) == (26, True, 5)
    assert told(found["promises"]) == [("2026-11-22", 5), ("2026-12-01", 17), ("2026-12-05", 4)]
    assert places(found) == {
        "depot": [("2026-11-22", 2), ("2026-12-01", 10), ("2026-12-05", 4)],
        "umeda": [("2026-12-01", 7)],
        "shibuya": [("2026-11-22", 3)],
    }
    assert [level["available"] for level in found["locations"]] == [16, 7, 3]
    now = await asked(execute, mode="FULFILLABLE_NOW")
    assert (now["available"], now["promises"], [*places(now).items()]) == (5, [], [("shibuya", []), ("depot", [])])
    near = await asked(execute, near={"postalCode": "530-0001"}, first=2)
    assert [*places(near)] == ["umeda", "shibuya"]
    mug = await asked(execute, "MUG")
    assert (mug["available"], mug["onHand"], told(mug["promises"])) == (99, 0, [("2026-12-01", 99)])


async def test_states_of_a_purchase_order(db: Database, execute: Any) -> None:
    """A draft promises nothing, a part that has come is there, what is canceled or closed is expected no more."""
    shop = await open_shop(db, "SHIRT")
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]

    async def promised() -> list[tuple[str, int]]:
        return told((await asked(execute))["promises"])

    order_id = await draft(db, depot, (shirt, 10, DEC_1), (shirt, 5, DEC_5))
    assert await promised() == []
    await step(db, order_id, "PLACE")
    assert await promised() == [("2026-12-01", 10), ("2026-12-05", 5)]
    await deliver(db, order_id, {1: 4})
    assert await promised() == [("2026-11-22", 4), ("2026-12-01", 6), ("2026-12-05", 5)]
    await deliver(db, order_id, {1: 7}, percent=50)
    assert await promised() == [("2026-11-22", 11), ("2026-12-05", 5)]
    await step(db, order_id, "CLOSE")
    assert await promised() == [("2026-11-22", 11)]
    canceled = await ordered(db, depot, (shirt, 30, DEC_1))
    await step(db, canceled, "CANCEL")
    assert await promised() == [("2026-11-22", 11)]


async def test_late_units_are_promised_to_nobody_until_they_have_a_new_day(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    order_id = await ordered(db, shop.places["depot"], (shop.variants["SHIRT"], 10, DEC_1))
    # December 1st lasts until 15:00 UTC.
    last = datetime(2026, 12, 1, 14, 59, 59, tzinfo=UTC)
    assert told((await asked(execute, now=last))["promises"]) == [("2026-12-01", 10)]
    late = await asked(execute, now=last + timedelta(seconds=1))
    assert (late["available"], late["promises"], late["locations"]) == (0, [], [])
    page = await execute(INCOMING, {"skus": ["SHIRT"]}, actor=READER, now=last + timedelta(seconds=1))
    [supply] = page["incomingSupplies"]["nodes"]
    assert (supply["quantity"], supply["expectedOn"], supply["isLate"]) == (10, "2026-12-01", True)
    await redate(db, order_id, {1: DEC_5})
    assert told((await asked(execute, now=last + timedelta(seconds=1)))["promises"]) == [("2026-12-05", 10)]


async def test_transfers_under_way_are_promised_on_the_day_in_japan(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    shirt, depot, umeda = shop.variants["SHIRT"], shop.places["depot"], shop.places["umeda"]
    await fill(db, shop, "SHIRT", depot=20)
    # 23:30 on November 30th in London is 8:30 on December 1st in Osaka.
    transfer_id = await on_its_way(db, depot, umeda, (shirt, 6), datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    found = await asked(execute)
    assert places(found) == {"depot": [("2026-11-22", 14)], "umeda": [("2026-12-01", 6)]}
    assert found["available"] == 20
    await receive(db, transfer_id, {1: 2}, lost={1: 1})
    found = await asked(execute)
    assert places(found)["umeda"] == [("2026-11-22", 2), ("2026-12-01", 3)]
    assert found["available"] == 19
    late = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    assert places(await asked(execute, now=late))["umeda"] == [("2026-12-02", 2)]


async def test_units_on_their_way_for_an_order_and_without_a_day_are_not_promised(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    shirt, depot, umeda = shop.variants["SHIRT"], shop.places["depot"], shop.places["umeda"]
    await fill(db, shop, "SHIRT", depot=20)
    request = wish(shirt, 3, depot)
    await hold(db, request)
    of_order = await send(db, depot, umeda, (shirt, 3, 1), order_id=request.owner_id)
    await ship(db, of_order)
    undated = await send(db, depot, umeda, (shirt, 5))
    await ship(db, undated)
    waiting = await send(db, depot, umeda, (shirt, 2))
    found = await asked(execute)
    assert (found["available"], places(found)) == (10, {"depot": [("2026-11-22", 10)]})
    page = await execute(INCOMING, {"skus": ["SHIRT"]}, actor=READER)
    assert [(node["quantity"], node["expectedOn"], node["isLate"]) for node in page["incomingSupplies"]["nodes"]] == [
        (5, None, False)
    ]
    assert waiting != undated


async def test_safety_stock_is_filled_before_anything_is_promised(db: Database, execute: Any) -> None:
    """C-15: the numbers that are shown, reserved and allocated are one definition."""
    shop = await open_shop(db, "SHIRT")
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]
    await fill(db, shop, "SHIRT", depot=4, umeda=1)
    async with db.write() as tx:
        await set_safety_stock(tx, variant_id=shirt, location_id=depot, quantity=10, cause_id=new_id(), actor="test")
    await ordered(db, depot, (shirt, 5, DEC_1), (shirt, 5, DEC_5))
    found = await asked(execute)
    assert places(found) == {"depot": [("2026-12-05", 4)], "umeda": [("2026-11-22", 1)]}
    assert found["available"] == 5
    [verdict] = await hold(db, wish(shirt, 1, depot))
    assert [(short.requested, short.available) for short in verdict.shortages] == [(1, 0)]


async def test_c21_goods_that_are_expected_can_be_asked_for_at_a_store(db: Database, execute: Any) -> None:
    """C-21: whether goods can be collected somewhere is decided by the shelves only, not by what is promised."""
    shop = await _filled(db)
    await ordered(db, shop.places["umeda"], (shop.variants["SHIRT"], 7, DEC_1))
    ids = [shop.place("umeda"), shop.place("sapporo"), shop.place("elsewhere")]
    found = await asked(execute, locationIds=ids)
    assert places(found) == {"umeda": [("2026-12-01", 7)], "sapporo": []}
    now = await asked(execute, mode="FULFILLABLE_NOW", locationIds=ids)
    assert [(level["location"]["code"], level["available"]) for level in now["locations"]] == [
        ("umeda", 0), ("sapporo", 0),
    ]  # fmt: skip


async def test_shoppers_see_promises_and_no_counters(db: Database, execute: Any) -> None:
    shop = await _filled(db)
    await ordered(db, shop.places["umeda"], (shop.variants["SHIRT"], 7, DEC_1))
    data = await execute(PROMISES, {"sku": "SHIRT", "mode": "PROMISABLE"})
    found = data["variant"]["availability"]
    assert (found["available"], found["onHand"]) == (12, None)
    assert {level["onHand"] for level in found["locations"]} == {None}
    own = await execute(PROMISES, {"sku": "SHIRT", "mode": "PROMISABLE"}, actor=limited(shop, "shibuya"))
    levels = own["variant"]["availability"]["locations"]
    assert {level["location"]["code"]: level["onHand"] for level in levels} == {
        "umeda": None,
        "shibuya": 3,
        "depot": None,
    }


async def test_many_variants_are_promised_in_as_many_statements_as_one(
    db: Database, execute: Any, count_statements: Any
) -> None:
    skus = [f"V{number}" for number in range(30)]
    shop = await open_shop(db, *skus)
    await ordered(db, shop.places["depot"], *((shop.variants[sku], 2, DEC_1) for sku in skus))
    query = """query ($first: Int!) { products(first: $first) { nodes { variants {
        availability(mode: PROMISABLE) { available promises { date } locations { available } } } } } }"""
    counts = []
    for first in (1, 30):
        with count_statements() as count:
            data = await execute(query, {"first": first})
        counts.append(count.total)
        found = [variant["availability"] for node in data["products"]["nodes"] for variant in node["variants"]]
        assert [one["available"] for one in found] == [2] * first
    assert counts[0] == counts[1]


async def test_incoming_supplies_are_paged_and_limited(db: Database, execute: Any) -> None:
    shop = await _filled(db)
    shirt, depot, umeda = shop.variants["SHIRT"], shop.places["depot"], shop.places["umeda"]
    await ordered(db, depot, (shirt, 10, DEC_1), (shirt, 4, DEC_5))
    await ordered(db, umeda, (shop.variants["MUG"], 7))
    await on_its_way(db, shop.places["shibuya"], umeda, (shirt, 1), NOW + timedelta(days=1))
    found, after = [], None
    while True:
        values = {"skus": ["SHIRT", "MUG"], "first": 1, "after": after}
        page = (await execute(INCOMING, values, actor=READER))["incomingSupplies"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    described = [(node["variant"]["sku"], node["location"]["code"], node["quantity"]) for node in found]
    assert sorted(described) == [
        ("MUG", "umeda", 7),
        ("SHIRT", "depot", 4),
        ("SHIRT", "depot", 10),
        ("SHIRT", "umeda", 1),
    ]
    assert [node["transfer"]["status"] for node in found if node["transfer"]] == ["IN_TRANSIT"]
    assert [node["purchaseOrder"]["supplierName"] for node in found if node["purchaseOrder"]] == ["Tanaka Textiles"] * 3
    own = await execute(INCOMING, {"skus": ["SHIRT", "MUG"]}, actor=limited(shop, "depot"))
    assert [node["quantity"] for node in own["incomingSupplies"]["nodes"]] == [10, 4]
    result = await execute.raw(INCOMING, {"skus": ["SHIRT"], "after": "nonsense"}, actor=READER)
    assert [error.extensions["code"] for error in result.errors] == ["INVALID_INPUT"]


async def test_units_that_arrive_are_never_counted_twice(db: Database, execute: Any) -> None:
    """A race of deliveries and readers: what can be promised stays the same while units come in."""
    shop = await open_shop(db, "SHIRT")
    shirt, depot = shop.variants["SHIRT"], shop.places["depot"]
    orders = [await ordered(db, depot, (shirt, 10, DEC_1)) for _ in range(8)]

    async def look() -> None:
        found = await asked(execute)
        assert found["available"] == sum(units for _, units in told(found["promises"])) == 80

    deliveries = [deliver(db, order_id, {1: 4}) for order_id in orders]
    await asyncio.gather(*(task for delivery in deliveries for task in (delivery, look(), look())))
    assert told((await asked(execute))["promises"]) == [("2026-11-22", 32), ("2026-12-01", 48)]
