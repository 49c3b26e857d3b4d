"""How much can be bought, and where: `Variant.availability`."""

from collections.abc import Callable
from typing import Any

from app.inventory.actions.set_safety_stock import set_safety_stock
from app.kit.db import Database
from app.kit.ids import new_id
from app.locations.model import Point, distance_km
from tests.inventory.builders import hold, wish
from tests.inventory.shop import PLACES, READER, Shop, fill, limited, open_shop

AVAILABILITY = """query ($sku: String!, $near: NearInput, $locationIds: [ID!], $first: Int! = 5) { variant(sku: $sku) {
  availability(near: $near, locationIds: $locationIds, first: $first) {
    available isAvailable onHand reserved allocated
    locations { location { code } distanceKm available onHand reserved allocated safety version } } } }"""


async def asked(execute: Any, sku: str, *, actor: Any = None, **arguments: Any) -> dict[str, Any]:
    data = await execute(AVAILABILITY, {"sku": sku, **arguments}, actor=actor)
    return data["variant"]["availability"]


def codes(availability: dict[str, Any]) -> list[tuple[str, int]]:
    return [(level["location"]["code"], level["available"]) for level in availability["locations"]]


async def filled(db: Database) -> Shop:
    shop = await open_shop(db, "SHIRT", "MUG", "GONE")
    await fill(db, shop, "SHIRT", shibuya=3, umeda=9, sapporo=4, depot=2, elsewhere=50)
    await fill(db, shop, "GONE", shibuya=2)
    await hold(
        db,
        wish(shop.variants["SHIRT"], 1, shop.places["shibuya"]),
        wish(shop.variants["SHIRT"], 4, shop.places["sapporo"]),
        wish(shop.variants["GONE"], 2, shop.places["shibuya"]),
    )
    return shop


async def test_locations_with_most_units_come_first(db: Database, execute: Any) -> None:
    await filled(db)
    found = await asked(execute, "SHIRT", actor=READER)
    assert codes(found) == [("umeda", 9), ("shibuya", 2), ("depot", 2)]
    assert (found["available"], found["isAvailable"], found["onHand"], found["allocated"]) == (13, True, 18, 5)
    assert {level["distanceKm"] for level in found["locations"]} == {None}


async def test_the_nearest_locations_come_first(db: Database, execute: Any) -> None:
    await filled(db)
    found = await asked(execute, "SHIRT", near={"postalCode": "〒１５０－０００１"})
    assert codes(found) == [("shibuya", 2), ("umeda", 9), ("depot", 2)]
    near, far, unknown = (level["distanceKm"] for level in found["locations"])
    assert near < 50 < far < 500
    assert unknown is None
    assert codes(await asked(execute, "SHIRT", near={"postalCode": "150-0001"}, first=1)) == [("shibuya", 2)]
    umeda_shibuya = distance_km(Point(*PLACES["umeda"][1] or ()), Point(*PLACES["shibuya"][1] or ()))
    assert abs(far - umeda_shibuya) < 50


async def test_locations_asked_for_are_listed_also_when_empty(db: Database, execute: Any) -> None:
    shop = await filled(db)
    ids = [shop.place(code) for code in ("sapporo", "shibuya", "elsewhere", "konbini")]
    assert codes(await asked(execute, "SHIRT", locationIds=ids)) == [("shibuya", 2), ("sapporo", 0)]
    found = await asked(execute, "MUG", locationIds=ids, near={"postalCode": "060-0001"})
    assert codes(found) == [("sapporo", 0), ("shibuya", 0)]
    assert (found["available"], found["isAvailable"]) == (0, False)
    assert codes(await asked(execute, "SHIRT", locationIds=ids, near={"postalCode": "060-0001"}, first=1)) == [
        ("sapporo", 0)
    ]


async def test_sold_out_and_never_stocked_variants_have_totals(db: Database, execute: Any) -> None:
    await filled(db)
    gone, mug = await asked(execute, "GONE", actor=READER), await asked(execute, "MUG", actor=READER)
    assert (gone["available"], gone["isAvailable"], gone["onHand"], gone["locations"]) == (0, False, 2, [])
    assert (mug["available"], mug["isAvailable"], mug["onHand"], mug["locations"]) == (0, False, 0, [])


async def test_counters_of_locations_are_shown_to_those_who_may_see_them(db: Database, execute: Any) -> None:
    shop = await filled(db)
    totals = [await asked(execute, "SHIRT", actor=actor) for actor in (None, limited(shop, "umeda"))]
    assert [(seen["available"], seen["onHand"], seen["reserved"], seen["allocated"]) for seen in totals] == [
        (13, None, None, None)
    ] * 2
    shopper = (await asked(execute, "SHIRT"))["locations"][1]
    reader = (await asked(execute, "SHIRT", actor=READER))["locations"][1]
    other = (await asked(execute, "SHIRT", actor=limited(shop, "umeda")))["locations"][1]
    level = {"location": {"code": "shibuya"}, "distanceKm": None, "available": 2, "version": 2}
    hidden = dict.fromkeys(("onHand", "reserved", "allocated", "safety"))
    assert shopper == other == {**level, **hidden}
    assert reader == {**level, "onHand": 3, "reserved": 0, "allocated": 1, "safety": 0}


async def test_safety_stock_of_one_location_takes_nothing_from_another(db: Database, execute: Any) -> None:
    shop = await filled(db)
    async with db.write() as tx:
        await set_safety_stock(
            tx,
            variant_id=shop.variants["SHIRT"],
            location_id=shop.places["umeda"],
            quantity=100,
            cause_id=new_id(),
            actor="test",
        )
    found = await asked(execute, "SHIRT")
    assert (found["available"], codes(found)) == (4, [("shibuya", 2), ("depot", 2)])


async def test_bad_arguments_are_refused(db: Database, execute: Any) -> None:
    shop = await filled(db)
    for arguments, code in [
        ({"near": {"postalCode": "abc"}}, "INVALID_POSTAL_CODE"),
        ({"first": 0}, "INVALID_INPUT"),
        ({"first": 101}, "INVALID_INPUT"),
        ({"locationIds": ["nonsense"]}, "NOT_FOUND"),
        ({"locationIds": [shop.place("depot")] * 101}, "INVALID_INPUT"),
    ]:
        result = await execute.raw(AVAILABILITY, {"sku": "SHIRT", **arguments})
        assert [error.extensions["code"] for error in result.errors] == [code], arguments


async def test_statements_do_not_grow_with_the_variants(
    db: Database, execute: Any, count_statements: Callable[[], Any]
) -> None:
    skus = [f"V{number}" for number in range(30)]
    shop = await open_shop(db, *skus)
    for sku in skus:
        await fill(db, shop, sku, shibuya=3, umeda=1)
    query = """query ($first: Int!) { products(first: $first) { nodes { variants { sku
        availability(near: {postalCode: "150-0001"}) { available locations { location { code } available } } } } } }"""
    counts = []
    for first in (1, 30):
        with count_statements() as count:
            data = await execute(query, {"first": first})
        counts.append(count.total)
        assert len(data["products"]["nodes"]) == first
    assert counts[0] == counts[1]
    assert {
        variant["availability"]["available"] for node in data["products"]["nodes"] for variant in node["variants"]
    } == {4}
