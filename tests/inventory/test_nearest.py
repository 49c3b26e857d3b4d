"""The nearest locations with units, of very many."""

import asyncio
import random
from typing import Any

import pytest

from app.inventory.graphql import availability as module
from app.inventory.graphql import nearest as nearest_module
from app.inventory.graphql.availability import availability_by_variant, places_of
from app.kit.db import Database
from app.kit.permissions import SHOPPER
from app.locations.actions.seed_postal_areas import seed_postal_areas
from app.locations.graphql.batches import CoordinatesInput, NearInput
from app.locations.model import Point, distance_km
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.conftest import Execute
from tests.inventory.builders import hold, wish
from tests.inventory.shop import READER
from tests.kit.feed_tools import running_feed, until

SEED = 20261122
PLACES = 5_000
NEAR_TOKYO = NearInput(coordinates=CoordinatesInput(latitude=35.68, longitude=139.76))
LEVEL = frozenset({"variant_id", "location_id", "available", "distance_km"})
LISTED = frozenset({"locations"} | {f"locations.{name}" for name in LEVEL})
PAGE = """query ($sku: String!, $near: NearInput) { variant(sku: $sku) {
  availability(near: $near, first: 5) { available locations { available distanceKm location { code } } } } }"""


async def _large_shop(db: Database, places: int) -> dict[str, int]:
    """So many stores around Tokyo and Sapporo. COMMON is in a third of them, RARE in 3, NORTH only in Sapporo, GONE
    has rows everywhere and units nowhere.
    """
    choose = random.Random(SEED)
    spots = [(43.06, 141.35) if number % 3 == 0 else (35.68, 139.76) for number in range(places)]
    drafts = [(choose.gauss(latitude, 0.3), choose.gauss(longitude, 0.3)) for latitude, longitude in spots]
    async with db.write() as tx:
        await seed_postal_areas(tx)
        await tx.connection.execute(
            """INSERT INTO locations (code, kind, names, latitude, longitude, holds_stock, ships_orders, hands_over)
               SELECT 'S' || n, 'STORE', '{"ja": "店"}', latitude, longitude, true, true, true
                 FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS p (latitude, longitude, n)""",
            [latitude for latitude, _ in drafts],
            [longitude for _, longitude in drafts],
        )
        rows = await tx.connection.fetch("SELECT id, code FROM locations WHERE kind = 'STORE' ORDER BY id")
        ids = {row["code"]: row["id"] for row in rows}
        await tx.connection.execute(
            """WITH g AS (INSERT INTO location_groups (code, names) VALUES ('all', '{"ja": "全店"}') RETURNING id)
               INSERT INTO location_group_members SELECT g.id, l.id FROM g, locations l WHERE l.kind = 'STORE'"""
        )
        group_id = await tx.connection.fetchval("SELECT id FROM location_groups WHERE code = 'all'")
        channel_id = await make_channel(tx, group_id)
        skus = ("COMMON", "RARE", "NORTH", "GONE", "NEVER")
        variants = {sku: await make_variant(tx, sku, channel_id=channel_id) for sku in skus}
        stores = [ids[f"S{number}"] for number in range(1, places + 1)]
        held = {
            "COMMON": choose.sample(stores, places // 3),
            "RARE": choose.sample(stores, 3),
            "NORTH": stores[::3],
            "GONE": stores,
        }
        for sku, here in held.items():
            await tx.connection.execute(
                """INSERT INTO ledger (variant_id, location_id, d_on_hand, d_safety, kind, cause_kind, cause_id, actor)
                   SELECT $1, id, 1 + id % 7, $3, 'RECEIVED', 'TEST', gen_random_uuid(), 'test'
                     FROM unnest($2::int[]) AS l (id)""",
                variants[sku],
                here,
                100 if sku == "GONE" else 0,
            )
    return variants


def _told(found: Any, variants: dict[str, int]) -> dict[str, list[tuple[int, int]]]:
    return {
        sku: [(level.location_id, level.available) for level in found[key].locations] for sku, key in variants.items()
    }


async def _expected(db: Database, variants: dict[str, int], origin: Point, first: int) -> Any:
    """By hand: all levels with units, sorted by distance."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            """SELECT variant_id, location_id, on_hand - safety AS units, latitude, longitude
                 FROM stock JOIN locations ON id = location_id WHERE on_hand - reserved - allocated - safety > 0"""
        )
    expected: dict[str, list[tuple[int, int]]] = {}
    for sku, key in variants.items():
        here = sorted(
            (distance_km(origin, Point(row["latitude"], row["longitude"])), row["location_id"], row["units"])
            for row in rows
            if row["variant_id"] == key
        )
        expected[sku] = [(location_id, units) for _, location_id, units in here[:first]]
    return expected


async def test_of_five_thousand_locations_the_nearest_with_units_are_found(db: Database, count_statements: Any) -> None:
    variants = await _large_shop(db, PLACES)
    keys = [*variants.values()]

    async def is_on() -> bool:
        return db.reference.is_on

    async with running_feed(db):
        await until(is_on)
        context = Execute(db).context()
        await places_of(context)
        choose = random.Random(SEED)
        for round_ in range(12):
            point = Point.read(choose.uniform(34, 44), choose.uniform(138, 142))
            near = NearInput(coordinates=CoordinatesInput(latitude=point.latitude, longitude=point.longitude))
            first = (1, 5, 40)[round_ % 3]
            expected = await _expected(db, variants, point, first)
            with count_statements() as count:
                found = await availability_by_variant(context, keys, LISTED, near=near, first=first)
            assert _told(found, variants) == expected, round_
            statements = [one for one in count.statements if "outbox" not in one.text]
            # A process that starts asks once whether any variant has rules.
            assert len(statements) <= 4 + (round_ == 0)
        with count_statements() as count:
            await availability_by_variant(context, [variants["COMMON"]], LISTED, near=NEAR_TOKYO, first=5)
        assert sum("outbox" not in one.text for one in count.statements) == 1
        with count_statements() as count:
            await availability_by_variant(context, [variants["RARE"]], LISTED, near=NEAR_TOKYO, first=5)
        assert sum("outbox" not in one.text for one in count.statements) == 2
        remembered = (await places_of(context)).seldom
        assert variants["RARE"] in remembered
        assert variants["COMMON"] not in remembered


@pytest.mark.parametrize("with_totals", [False, True])
async def test_many_places_and_few_give_the_same_answers(
    db: Database, monkeypatch: pytest.MonkeyPatch, with_totals: bool
) -> None:
    variants = await _large_shop(db, 400)
    keys = [*variants.values(), 999_999]
    columns = LISTED | ({"available", "on_hand"} if with_totals else set())
    for actor in (SHOPPER, READER):
        context = Execute(db).context(actor=actor)
        for first in (1, 5, 100):
            monkeypatch.setattr(module, "MANY_PLACES", 256)
            many = await availability_by_variant(context, keys, columns, near=NEAR_TOKYO, first=first)
            monkeypatch.setattr(module, "MANY_PLACES", 1_000_000)
            few = await availability_by_variant(context, keys, columns, near=NEAR_TOKYO, first=first)
            assert many.keys() == few.keys()
            for key, mine in many.items():
                theirs = few[key]
                if with_totals:
                    assert (mine.available, mine.on_hand) == (theirs.available, theirs.on_hand)
                assert [(level.location_id, level.available) for level in mine.locations] == [
                    (level.location_id, level.available) for level in theirs.locations
                ]


async def test_too_many_rows_to_take_in_are_ranked_by_postgresql(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = await _large_shop(db, 300)
    context = Execute(db).context()
    before = await availability_by_variant(context, [*variants.values()], LISTED, near=NEAR_TOKYO, first=100)
    monkeypatch.setattr(nearest_module, "MAX_ROWS", 10)
    after = await availability_by_variant(context, [*variants.values()], LISTED, near=NEAR_TOKYO, first=100)
    assert _told(before, variants) == _told(after, variants)
    assert len(before[variants["NORTH"]].locations) == 100


async def test_an_unknown_postal_code_lists_those_with_most_units(db: Database, execute: Execute) -> None:
    await _large_shop(db, 300)
    async with db.write() as tx:
        await tx.connection.execute("DELETE FROM postal_areas")
    data = await execute(PAGE, {"sku": "COMMON", "near": {"postalCode": "999-9999"}})
    levels = data["variant"]["availability"]["locations"]
    assert [(level["available"], level["distanceKm"]) for level in levels] == [(7, None)] * 5
    assert data["variant"]["availability"]["available"] > 100


async def test_c23_the_page_of_a_shop_with_many_stores(db: Database, execute: Execute) -> None:
    """C-23: availability of goods at hundreds of places takes seconds."""
    variants = await _large_shop(db, 300)
    data = await execute(PAGE, {"sku": "COMMON", "near": {"postalCode": "100-0001"}})
    levels = data["variant"]["availability"]["locations"]
    assert len(levels) == 5
    assert [level["distanceKm"] for level in levels] == sorted(level["distanceKm"] for level in levels)
    async with db.read() as tx:
        units = await tx.connection.fetchval("SELECT sum(on_hand) FROM stock WHERE variant_id = $1", variants["COMMON"])
    assert data["variant"]["availability"]["available"] == units


async def test_readers_during_a_rush_never_see_more_than_there_is(db: Database) -> None:
    """A race: RARE is bought up while others ask for the nearest places that have it."""
    variants = await _large_shop(db, 300)
    rare = variants["RARE"]
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT location_id, on_hand FROM stock WHERE variant_id = $1", rare)
    most = {row["location_id"]: row["on_hand"] for row in rows}
    context = Execute(db).context()

    async def look() -> None:
        found = await availability_by_variant(context, [rare], LISTED, near=NEAR_TOKYO, first=5)
        for level in found[rare].locations:
            assert 0 < level.available <= most[level.location_id]

    buys = [hold(db, wish(rare, 1, place)) for place, units in most.items() for _ in range(units)]
    await asyncio.gather(*buys, *(look() for _ in range(20)))
    found = await availability_by_variant(context, [rare], LISTED, near=NEAR_TOKYO, first=5)
    assert [*found[rare].locations] == []
