"""How much can be bought from groups of locations: `Variant.availability { groups }`."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.model.selling import SellingPolicy, Share
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.statement import Statement
from app.locations.sql.groups import join_group, remove_from_group
from tests.conftest import NOW
from tests.inventory.builders import hold, wish
from tests.inventory.purchases import ordered
from tests.inventory.selling import ask, bundle, sell_ahead
from tests.inventory.shop import READER, Shop, fill, limited, open_shop
from tests.kit.test_reference import listening
from tests.locations.builders import make_group

DEC_1, DEC_5 = date(2026, 12, 1), date(2026, 12, 5)
GROUPS = """query ($sku: String!, $ids: [ID!], $first: Int! = 20, $mode: AvailabilityMode! = FULFILLABLE_NOW) {
  variant(sku: $sku) { availability(mode: $mode) { available groups(groupIds: $ids, first: $first) {
    group { code } locationCount available onHand reserved allocated promises { date quantity } } } } }"""
_CLOSE = Statement("UPDATE locations SET is_active = false WHERE id = :id")


async def asked(execute: Any, sku: str, *, actor: Any = READER, **rest: Any) -> list[dict[str, Any]]:
    data = await execute(GROUPS, {"sku": sku, **rest}, actor=actor, now=NOW)
    return data["variant"]["availability"]["groups"]


def units(groups: list[dict[str, Any]]) -> dict[str, int]:
    """Available units by code, in the order in which they are listed, without the channel's own group."""
    return {one["group"]["code"]: one["available"] for one in groups if not one["group"]["code"].startswith("group-")}


async def grouped(db: Database, *skus: str) -> tuple[Shop, dict[str, int]]:
    """A shop with overlapping groups; one has only what the channel does not sell from, one has nothing at all."""
    shop = await open_shop(db, "SHIRT", "MUG", *skus)
    at = shop.places
    async with db.write() as tx:
        ids = {
            "west": await make_group(tx, [at["umeda"], at["elsewhere"]], code="west"),
            "stores": await make_group(tx, [at["shibuya"], at["umeda"], at["sapporo"], at["konbini"]], code="stores"),
            "other": await make_group(tx, [at["elsewhere"]], code="other"),
            "empty": await make_group(tx, code="empty"),
        }
    await fill(db, shop, "SHIRT", shibuya=3, umeda=9, sapporo=4, depot=2, elsewhere=50)
    await hold(db, wish(shop.variants["SHIRT"], 1, at["shibuya"]), wish(shop.variants["SHIRT"], 4, at["sapporo"]))
    return shop, ids


def global_ids(ids: dict[str, int], *codes: str) -> list[str]:
    return [global_id("LocationGroup", ids[code]) for code in codes]


async def test_units_are_added_up_by_group_where_the_channel_sells_from(db: Database, execute: Any) -> None:
    await grouped(db)
    [web, stores, west] = await asked(execute, "SHIRT")
    assert web["group"]["code"].startswith("group-")
    assert {**web, "group": None} == {
        "group": None, "locationCount": 4, "available": 13, "onHand": 18, "reserved": 0, "allocated": 5, "promises": []
    }  # fmt: skip
    assert stores == {
        "group": {"code": "stores"}, "locationCount": 3, "available": 11, "onHand": 16, "reserved": 0, "allocated": 5,
        "promises": [],
    }  # fmt: skip
    assert west == {
        "group": {"code": "west"}, "locationCount": 1, "available": 9, "onHand": 9, "reserved": 0, "allocated": 0,
        "promises": [],
    }  # fmt: skip
    assert units(await asked(execute, "MUG")) == {"stores": 0, "west": 0}


async def test_groups_asked_for_are_listed_in_that_order_also_when_empty(db: Database, execute: Any) -> None:
    _, ids = await grouped(db)
    wanted = global_ids(ids, "west", "empty", "other", "stores")
    found = await asked(execute, "SHIRT", ids=[*wanted, global_id("LocationGroup", 999_999)])
    assert [*units(found).items()] == [("west", 9), ("empty", 0), ("other", 0), ("stores", 11)]
    assert [one["locationCount"] for one in found] == [1, 0, 0, 3]
    assert [*units(await asked(execute, "SHIRT", ids=wanted, first=2)).items()] == [("west", 9), ("empty", 0)]
    assert len(await asked(execute, "SHIRT", first=2)) == 2
    assert await asked(execute, "SHIRT", ids=[]) == []


async def test_closed_locations_leave_their_groups(db: Database, execute: Any) -> None:
    shop, _ = await grouped(db)
    async with db.write() as tx:
        await tx.execute(_CLOSE, id=shop.places["umeda"])
    assert units(await asked(execute, "SHIRT")) == {"stores": 2}


async def test_what_is_kept_of_groups_in_process_follows_their_changes(db: Database, execute: Any) -> None:
    shop, ids = await grouped(db)
    async with listening(db):
        for _ in range(2):
            assert units(await asked(execute, "SHIRT")) == {"stores": 11, "west": 9}
        async with db.write() as tx:
            await remove_from_group(tx, ids["stores"], [shop.places["umeda"]])
            await join_group(tx, ids["other"], [shop.places["depot"]])
        assert units(await asked(execute, "SHIRT")) == {"other": 2, "stores": 2, "west": 9}


async def test_counters_need_the_scope_for_all_locations(db: Database, execute: Any) -> None:
    shop, _ = await grouped(db)
    for actor in (None, limited(shop, "umeda", "shibuya", "sapporo")):
        for mode in ("FULFILLABLE_NOW", "PROMISABLE"):
            found = await asked(execute, "SHIRT", actor=actor, mode=mode)
            assert units(found) == {"stores": 11, "west": 9}
            assert {(one["onHand"], one["reserved"], one["allocated"]) for one in found} == {(None, None, None)}


async def test_what_is_expected_counts_in_its_groups(db: Database, execute: Any) -> None:
    shop, _ = await grouped(db)
    shirt, at = shop.variants["SHIRT"], shop.places
    await ordered(db, at["umeda"], (shirt, 5, DEC_5), (shirt, 1, DEC_1))
    await ordered(db, at["sapporo"], (shirt, 2, DEC_1), (shirt, 30))
    await ordered(db, at["elsewhere"], (shirt, 70, DEC_1))
    stores, west = (await asked(execute, "SHIRT", mode="PROMISABLE"))[1:]
    assert (stores["available"], stores["onHand"], stores["allocated"]) == (19, 16, 5)
    assert [(one["date"], one["quantity"]) for one in stores["promises"]] == [
        ("2026-11-22", 11), ("2026-12-01", 3), ("2026-12-05", 5)
    ]  # fmt: skip
    assert (west["available"], west["onHand"]) == (15, 9)
    assert [(one["date"], one["quantity"]) for one in west["promises"]] == [
        ("2026-11-22", 9), ("2026-12-01", 1), ("2026-12-05", 5)
    ]  # fmt: skip


async def test_queues_shares_and_bundles_count_for_a_group_as_for_all(db: Database, execute: Any) -> None:
    shop, _ = await grouped(db, "SET")
    shirt, mug, at = shop.variants["SHIRT"], shop.variants["MUG"], shop.places
    await fill(db, shop, "MUG", umeda=2, depot=5)
    async with db.write() as tx:
        await bundle(tx, shop.variants["SET"], {shirt: 2, mug: 1})
    assert units(await asked(execute, "SET")) == {"stores": 2, "west": 2}
    assert (await asked(execute, "SET"))[0]["available"] == 3
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(units=3), variant_id=shirt)
    assert units(await asked(execute, "SHIRT")) == {"stores": 8, "west": 6}
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(percent=50), variant_id=shirt)
        await sell_ahead(tx, shirt, 50)
    await hold(db, await ask(db, shirt, 10, at["umeda"]))
    assert [one["available"] for one in await asked(execute, "SHIRT")] == [1, 0, 0]


async def test_before_the_release_of_a_preorder_no_group_has_units(db: Database, execute: Any) -> None:
    shop, _ = await grouped(db)
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["SHIRT"], 10, SellingPolicy.PREORDER)
    assert units(await asked(execute, "SHIRT")) == {"stores": 0, "west": 0}


@pytest.mark.parametrize("mode", ["FULFILLABLE_NOW", "PROMISABLE"])
async def test_the_channels_own_group_has_what_the_total_says(db: Database, execute: Any, mode: str) -> None:
    shop, _ = await grouped(db)
    await ordered(db, shop.places["umeda"], (shop.variants["SHIRT"], 5, DEC_5))
    async with db.write() as tx:
        await set_channel_share(tx, shop.channel_id, Share(percent=40))
    data = await execute(GROUPS, {"sku": "SHIRT", "mode": mode}, now=NOW)
    found = data["variant"]["availability"]
    expected = {"FULFILLABLE_NOW": 7, "PROMISABLE": 10}[mode]
    assert (found["available"], found["groups"][0]["available"]) == (expected, expected)


async def test_bad_arguments_are_refused(db: Database, execute: Any) -> None:
    _, ids = await grouped(db)
    for arguments, code in [
        ({"first": 0}, "INVALID_INPUT"),
        ({"first": 101}, "INVALID_INPUT"),
        ({"ids": ["nonsense"]}, "NOT_FOUND"),
        ({"ids": [global_id("Location", 1)]}, "NOT_FOUND"),
        ({"ids": global_ids(ids, "west") * 101}, "INVALID_INPUT"),
    ]:
        result = await execute.raw(GROUPS, {"sku": "SHIRT", **arguments})
        assert [error.extensions["code"] for error in result.errors] == [code], json.dumps(arguments)


@pytest.mark.parametrize("mode", ["FULFILLABLE_NOW", "PROMISABLE"])
async def test_statements_grow_neither_with_the_variants_nor_with_the_groups(
    db: Database, execute: Any, count_statements: Callable[[], Any], mode: str
) -> None:
    skus = [f"V{number}" for number in range(30)]
    shop, _ = await grouped(db, *skus)
    for sku in skus:
        await fill(db, shop, sku, shibuya=3, umeda=1)
    query = """query ($first: Int!, $mode: AvailabilityMode!) { products(first: $first) { nodes { variants { sku
        availability(mode: $mode) { groups { group { code } available } } } } } }"""
    counts = []
    for first, more in ((1, 0), (32, 20)):
        async with db.write() as tx:
            for number in range(more):
                await make_group(tx, [shop.places["shibuya"]], code=f"x{number}")
        with count_statements() as count:
            data = await execute(query, {"first": first, "mode": mode})
        counts.append(count.total)
        assert len(data["products"]["nodes"]) == first
    assert counts[0] == counts[1]
    stocked = [one for node in data["products"]["nodes"] for one in node["variants"] if one["sku"].startswith("V")]
    assert len(stocked) == 30
    for variant in stocked:
        found = units(variant["availability"]["groups"])
        assert (found["stores"], found["x0"], found["x15"], len(found)) == (4, 3, 3, 19)
